/** A tag scanner for HTML source: finds what must be rewritten and leaves every other byte as it is. */

export interface Attribute {
  name: string;
  value: string;
  /** Span in the source, from the name to the end of the value. */
  start: number;
  end: number;
}

export interface Tag {
  name: string;
  attributes: Attribute[];
  start: number;
  /** End of the start tag. */
  end: number;
  /** Span of the text of an element whose content is not markup (script, style, …). */
  text?: { start: number; end: number };
  /** End of the whole element when it has `text`, else of the start tag. */
  close: number;
}

export interface Edit {
  start: number;
  end: number;
  text: string;
}

const RAW = new Set(["script", "style", "textarea", "title", "xmp", "iframe", "noembed", "noframes", "noscript"]);
const SPACE = /[\t\n\f\r ]/;

/** Return every start tag of `source`, in order. */
export function scan(source: string): Tag[] {
  const tags: Tag[] = [];
  let at = 0;
  for (;;) {
    at = source.indexOf("<", at);
    if (at < 0) return tags;
    if (source.startsWith("<!--", at)) {
      const end = source.indexOf("-->", at + 4);
      if (end < 0) return tags;
      at = end + 3;
    } else if (/[a-zA-Z]/.test(source[at + 1] ?? "")) {
      const tag = readTag(source, at);
      tags.push(tag);
      at = tag.close;
    } else if (/[!?/]/.test(source[at + 1] ?? "")) {
      const end = source.indexOf(">", at);
      if (end < 0) return tags;
      at = end + 1;
    } else {
      at += 1;
    }
  }
}

function readTag(source: string, start: number): Tag {
  let at = start + 1;
  while (at < source.length && !SPACE.test(source[at]!) && source[at] !== ">" && source[at] !== "/") at++;
  const name = source.slice(start + 1, at).toLowerCase();
  const attributes: Attribute[] = [];
  for (;;) {
    while (at < source.length && (SPACE.test(source[at]!) || source[at] === "/")) at++;
    if (at >= source.length || source[at] === ">") break;
    const attribute = readAttribute(source, at);
    attributes.push(attribute);
    at = attribute.end;
  }
  const end = Math.min(at + 1, source.length);
  if (!RAW.has(name)) return { name, attributes, start, end, close: end };
  const closing = new RegExp(`</${name}(?=[\\t\\n\\f\\r />])`, "gi");
  closing.lastIndex = end;
  const found = closing.exec(source);
  const textEnd = found ? found.index : source.length;
  const closeEnd = found ? source.indexOf(">", textEnd) : -1;
  return { name, attributes, start, end, text: { start: end, end: textEnd }, close: closeEnd < 0 ? source.length : closeEnd + 1 };
}

function readAttribute(source: string, start: number): Attribute {
  let at = start + 1;
  while (at < source.length && !SPACE.test(source[at]!) && !/[=>/]/.test(source[at]!)) at++;
  const name = source.slice(start, at).toLowerCase();
  let ahead = at;
  while (ahead < source.length && SPACE.test(source[ahead]!)) ahead++;
  if (source[ahead] !== "=") return { name, value: "", start, end: at };
  ahead++;
  while (ahead < source.length && SPACE.test(source[ahead]!)) ahead++;
  const quote = source[ahead];
  if (quote === '"' || quote === "'") {
    const end = source.indexOf(quote, ahead + 1);
    const stop = end < 0 ? source.length : end;
    return { name, value: decode(source.slice(ahead + 1, stop)), start, end: Math.min(stop + 1, source.length) };
  }
  let stop = ahead;
  while (stop < source.length && !SPACE.test(source[stop]!) && source[stop] !== ">") stop++;
  return { name, value: decode(source.slice(ahead, stop)), start, end: stop };
}

const ENTITIES: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function decode(value: string): string {
  return value.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(amp|lt|gt|quot|apos));/gi, (_, decimal, hex, name) => {
    if (name) return ENTITIES[String(name).toLowerCase()]!;
    const code = decimal ? Number(decimal) : parseInt(hex, 16);
    return code <= 0x10ffff ? String.fromCodePoint(code) : "\ufffd";
  });
}

export function attribute(tag: Tag, name: string): string | undefined {
  return tag.attributes.find((item) => item.name === name)?.value;
}

export function escapeAttribute(value: string): string {
  return value.replace(/&/g, "&amp;").replace(/"/g, "&quot;").replace(/</g, "&lt;");
}

/** Make text safe to stand inside a script or style element. */
export function escapeRaw(text: string, element: "script" | "style"): string {
  return text.replace(new RegExp(`</(?=${element})`, "gi"), "<\\/");
}

/** Return the start tag of `tag` with attributes set (string) or removed (null). */
export function startTag(tag: Tag, changes: Record<string, string | null>): string {
  const parts = tag.attributes.filter((item) => !(item.name in changes)).map((item) => (item.value ? `${item.name}="${escapeAttribute(item.value)}"` : item.name));
  for (const [name, value] of Object.entries(changes)) if (value !== null) parts.push(value ? `${name}="${escapeAttribute(value)}"` : name);
  return `<${[tag.name, ...parts].join(" ")}>`;
}

/** Apply edits that do not overlap; an insertion goes before a replacement that starts at the same place. */
export function applyEdits(source: string, edits: Edit[]): string {
  let result = "";
  let at = 0;
  for (const edit of [...edits].sort((a, b) => a.start - b.start || a.end - b.end)) {
    result += source.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return result + source.slice(at);
}

// Lines are asked of one source many times over; its line ends are found once.
let indexed = "";
let lineEnds: number[] = [];
const WORTH_INDEXING = 4000;

/** One-based line of an offset. */
export function lineAt(source: string, offset: number): number {
  if (source.length < WORTH_INDEXING) return source.slice(0, offset).split("\n").length;
  if (source !== indexed) {
    indexed = source;
    lineEnds = [];
    for (let at = source.indexOf("\n"); at >= 0; at = source.indexOf("\n", at + 1)) lineEnds.push(at);
  }
  let [low, high] = [0, lineEnds.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (lineEnds[middle]! < offset) low = middle + 1;
    else high = middle;
  }
  return low + 1;
}

/** Where the runtime's own elements go: as early in the head as the source allows. */
export function headStart(source: string, tags: Tag[]): number {
  const head = tags.find((tag) => tag.name === "head") ?? tags.find((tag) => tag.name === "html");
  if (head) return head.end;
  let at = /^\s*/.exec(source)![0].length;
  while (source.startsWith("<!--", at)) {
    const end = source.indexOf("-->", at + 4);
    if (end < 0) return 0;
    for (at = end + 3; at < source.length && SPACE.test(source[at]!); ) at++;
  }
  const doctype = /<!doctype[^>]*>/iy;
  doctype.lastIndex = at;
  return doctype.test(source) ? doctype.lastIndex : 0;
}
