/** Small charts drawn from the table beside them. The table is the data: without script, or with a screen reader, nothing is missing. */
import uPlot from "uplot";

import { readTable, type TableData } from "./charts/table";
import { h } from "./lib/dom";

const HEIGHT = 180;
const TOKENS = ["--accent", "--side-b", "--side-a", "--ink-faint", "--warn"];

const DAY = 86_400;
/** Data by the day wants no hours between the days. */
const DAYS: uPlot.Axis = {
  incrs: [DAY, 2 * DAY, 7 * DAY, 14 * DAY, 30 * DAY, 91 * DAY, 365 * DAY],
  values: (_, splits) => splits.map((at) => new Date(at * 1000).toLocaleDateString(undefined, { day: "numeric", month: "short", timeZone: "UTC" })),
};

function token(name: string): string {
  // A canvas cannot resolve light-dark(): let the browser compute it on an element first.
  const probe = h("span", { hidden: true });
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

/** Thin lines from low to high at each x, for the columns named "… low" and "… high". */
function intervals(table: TableData): uPlot.Plugin {
  return {
    hooks: {
      draw: (plot) => {
        const { ctx } = plot;
        ctx.save();
        ctx.strokeStyle = token("--accent");
        ctx.lineWidth = Math.max(1, devicePixelRatio);
        table.x.forEach((x, index) => {
          const low = table.low?.[index];
          const high = table.high?.[index];
          if (low == null || high == null) return;
          const left = Math.round(plot.valToPos(x, "x", true)) + 0.5;
          ctx.beginPath();
          ctx.moveTo(left, plot.valToPos(low, "y", true));
          ctx.lineTo(left, plot.valToPos(high, "y", true));
          ctx.stroke();
        });
        ctx.restore();
      },
    },
  };
}

function draw(figure: HTMLElement): void {
  const source = figure.querySelector("table");
  if (!source) return;
  const table = readTable(source);
  if (table.x.length === 0) return;
  const kind = figure.dataset["chart"] ?? "line";
  const holder = figure.querySelector<HTMLElement>(".chart-plot") ?? h("div", { class: "chart-plot", "aria-hidden": "true" });
  if (!holder.isConnected) {
    const fold = h("details", {}, h("summary", {}, "As a table"));
    const wrap = source.closest(".table-wrap") ?? source;
    wrap.before(holder, fold);
    fold.append(wrap);
  }
  holder.replaceChildren();
  const axis: uPlot.Axis = { stroke: token("--ink-faint"), font: `12px ${getComputedStyle(document.body).fontFamily}`, grid: { stroke: token("--line"), width: 1 }, ticks: { stroke: token("--line"), width: 1, size: 4 } };
  const labels = table.labels;
  const bars = uPlot.paths.bars;
  const series = table.series.map((one, index): uPlot.Series => {
    const colour = token(TOKENS[index % TOKENS.length] ?? "--accent");
    const line: uPlot.Series = { label: one.name, stroke: colour, width: 1.5, points: { show: kind === "interval" || table.x.length < 40, size: 5, fill: colour } };
    if (kind === "bars" && bars) return { ...line, fill: colour, width: 0, paths: bars({ size: [0.7, 48] }), points: { show: false } };
    return line;
  });
  const names = { splits: () => table.x, values: (_: uPlot, splits: number[]) => splits.map((at) => labels?.[at] ?? "") };
  const options: uPlot.Options = {
    width: Math.max(240, holder.clientWidth || figure.clientWidth),
    height: HEIGHT,
    scales: { x: { time: table.time, ...(labels ? { range: [-0.6, table.x.length - 0.4] as [number, number] } : {}) }, y: table.range ? { range: table.range } : { range: { min: { pad: 0.05, soft: 0, mode: 1 }, max: { pad: 0.1 } } } },
    axes: [{ ...axis, grid: { show: false }, ...(labels ? names : table.time ? DAYS : {}) }, { ...axis, size: 48 }],
    series: [{ label: table.xName, ...(labels ? { value: (_: uPlot, at: number | null) => (at === null ? "" : (labels[at] ?? "")) } : {}) }, ...series],
    plugins: kind === "interval" ? [intervals(table)] : [],
    cursor: { y: false },
    legend: { show: table.series.length > 1, live: false },
  };
  const plot = new uPlot(options, [table.x, ...table.series.map((one) => one.values)], holder);
  new ResizeObserver(() => plot.setSize({ width: Math.max(240, holder.clientWidth), height: HEIGHT })).observe(holder);
}

function drawAll(): void {
  for (const figure of document.querySelectorAll<HTMLElement>("figure[data-chart]")) draw(figure);
}

drawAll();
// Colours are baked into the canvas, so a change of theme draws anew.
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
new MutationObserver(drawAll).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
