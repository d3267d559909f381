/** Reading a chart's data out of its table. Columns: the first is x (a number, a date, or a name); the rest are series. */

export interface TableData {
  xName: string;
  x: number[];
  /** Names for x when the first column is neither number nor date. */
  labels: string[] | null;
  time: boolean;
  series: { name: string; values: (number | null)[] }[];
  /** Bounds of an interval, from columns marked data-bound="low|high". */
  low: (number | null)[] | null;
  high: (number | null)[] | null;
  /** The y range the table asks for by data-range="0 1". */
  range: [number, number] | null;
}

/** Parse a shown number: "1 234", "62.5 %", "−3" or "–" (none). */
export function parseNumber(text: string): number | null {
  const plain = text.replace(/[\s\u00a0\u202f,]/g, "").replace("−", "-").replace(/%$/, "");
  const value = Number(plain);
  return plain === "" || Number.isNaN(value) ? null : value;
}

function cellText(cell: HTMLTableCellElement): string {
  return cell.dataset["value"] ?? cell.querySelector("time")?.dateTime ?? (cell.textContent ?? "").trim();
}

export function readTable(table: HTMLTableElement): TableData {
  const heads = [...(table.tHead?.rows[0]?.cells ?? [])];
  const rows = [...(table.tBodies[0]?.rows ?? [])].map((row) => [...row.cells].map(cellText));
  const first = rows.map((row) => row[0] ?? "");
  const numbers = first.map(parseNumber);
  const dates = first.map((text) => (/^\d{4}-\d\d/.test(text) ? Date.parse(text) / 1000 : NaN));
  const time = first.length > 0 && dates.every((date) => !Number.isNaN(date));
  const numeric = !time && numbers.every((value) => value !== null);
  const column = (index: number): (number | null)[] => rows.map((row) => parseNumber(row[index] ?? ""));
  const bound = (name: string): (number | null)[] | null => {
    const index = heads.findIndex((head) => head.dataset["bound"] === name);
    return index < 0 ? null : column(index);
  };
  const range = table.dataset["range"]?.split(" ").map(Number);
  return {
    xName: (heads[0]?.textContent ?? "").trim(),
    x: time ? dates : numeric ? numbers.map((value) => value ?? 0) : first.map((_, index) => index),
    labels: time || numeric ? null : first,
    time,
    series: heads.slice(1).flatMap((head, index) => (head.dataset["bound"] || head.dataset["chart"] === "off" ? [] : [{ name: (head.textContent ?? "").trim(), values: column(index + 1) }])),
    low: bound("low"),
    high: bound("high"),
    range: range?.length === 2 ? [range[0] ?? 0, range[1] ?? 1] : null,
  };
}
