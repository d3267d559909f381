/** Small helpers over the DOM. Text always goes in as text nodes, never as markup. */

type Child = Node | string | number | null | undefined | false;
type Attributes = Record<string, string | number | boolean | null | undefined | ((event: never) => void)>;

/** Make an element: attributes by name, `on…` functions as listeners, false and null left out. */
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Attributes = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.replace(/^on/, ""), value as EventListener);
    else if (value === true) element.setAttribute(name, "");
    else element.setAttribute(name, String(value));
  }
  add(element, ...children);
  return element;
}

export function add(parent: Node, ...children: Child[]): void {
  for (const child of children) {
    if (child === null || child === undefined || child === false) continue;
    parent.appendChild(typeof child === "object" ? child : document.createTextNode(String(child)));
  }
}

export function fill(parent: Element, ...children: Child[]): void {
  parent.replaceChildren();
  add(parent, ...children);
}

/** Find one element or fail loudly: a page without it was rendered from another template. */
export function find<T extends HTMLElement = HTMLElement>(selector: string, root: ParentNode = document): T {
  const element = root.querySelector<T>(selector);
  if (!element) throw new Error(`The page has no ${selector}`);
  return element;
}

/** Read the JSON the server left in a script element. */
export function readJson<T>(id: string): T {
  return JSON.parse(find(`#${id}`).textContent ?? "null") as T;
}

const ICONS = {
  expand: "M9.5 2.5h4v4M13.5 2.5l-4.5 4.5M6.5 13.5h-4v-4M2.5 13.5l4.5-4.5",
  reload: "M13 8a5 5 0 1 1-1.6-3.7M13.5 2v3h-3",
  terminal: "M2.5 4.5 6 8l-3.5 3.5M8 12h5.5",
  plus: "M8 3v10M3 8h10",
  more: "M3.5 8h.01M8 8h.01M12.5 8h.01",
  close: "M4 4l8 8M12 4l-8 8",
  left: "M10 3.5 5.5 8l4.5 4.5",
  right: "M6 3.5 10.5 8 6 12.5",
  columns: "M2.5 3.5h11v9h-11ZM8 3.5v9",
  rows: "M2.5 3.5h11v9h-11ZM2.5 8h11",
  zoom: "M2.5 6v-3h3M13.5 6v-3h-3M2.5 10v3h3M13.5 10v3h-3M5.5 6.5h5v3h-5Z",
  hide: "M3.5 8h9",
  find: "M7 11.500a4.500 4.500 0 1 0 0-9 4.500 4.500 0 0 0 0 9ZM10.300 10.300l3.200 3.200",
  format: "M2.500 4h11M2.500 8h7M2.500 12h9",
  clock: "M8 13.500a5.500 5.500 0 1 0 0-11 5.500 5.500 0 0 0 0 11ZM8 5v3.200l2 1.300",
  files: "M2.5 4.5v8h11v-6.5h-6l-1.5-2h-3.5Z",
  undo: "M3 6.5h6.5a3.5 3.5 0 0 1 0 7H6M3 6.5l3-3M3 6.5l3 3",
} as const;

export type IconName = keyof typeof ICONS;

/** A 16 px line icon in the current colour. */
export function icon(name: IconName): SVGSVGElement {
  const ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg");
  const size = { width: "16", height: "16", viewBox: "0 0 16 16", fill: "none", stroke: "currentColor", "aria-hidden": "true" };
  for (const [key, value] of Object.entries(size)) svg.setAttribute(key, value);
  const path = document.createElementNS(ns, "path");
  const line = { d: ICONS[name], "stroke-width": name === "more" ? "2" : "1.5", "stroke-linecap": "round", "stroke-linejoin": "round" };
  for (const [key, value] of Object.entries(line)) path.setAttribute(key, value);
  svg.append(path);
  return svg;
}

let announcer: HTMLElement | null = null;

/** Say something to screen readers without moving the focus. */
export function announce(text: string): void {
  if (!announcer) {
    announcer = h("div", { class: "visually-hidden", role: "status", "aria-live": "polite" });
    document.body.append(announcer);
  }
  announcer.textContent = "";
  const target = announcer;
  setTimeout(() => (target.textContent = text), 50);
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
