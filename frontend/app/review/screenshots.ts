/** Pictures of the render check: a strip by width and side, and large: side by side, differences, and what is amiss. */
import type { Box, CheckRun, Evidence, Mark, Role, ScreenshotSet } from "../lib/contract";
import { fill, h, plural } from "../lib/dom";

const SIDES: readonly (readonly [Role, string])[] = [["base", "Base"], ["rival", "Rival"], ["refined", "Refined"]];
const KINDS = { overflow: "Sticks out", overlap: "Overlaps", clipped: "Cut off" } as const;
type View = "pictures" | "difference" | "amiss";

/** Everything the runs kept to look at, in one piece. */
export interface Pictures {
  sets: Record<string, ScreenshotSet>;
  differences: NonNullable<Evidence["differences"]>;
  marks: NonNullable<Evidence["marks"]>;
}

export function collect(runs: readonly CheckRun[]): Pictures {
  const found: Pictures = { sets: {}, differences: {}, marks: {} };
  for (const { evidence } of runs) {
    for (const [width, set] of Object.entries(evidence?.screenshots ?? {})) found.sets[width] = { ...found.sets[width], ...set };
    Object.assign(found.differences, evidence?.differences);
    Object.assign(found.marks, evidence?.marks);
  }
  return found;
}

export function drawScreenshots(el: HTMLElement, pictures: Pictures): void {
  const widths = Object.keys(pictures.sets).sort((one, other) => Number(one) - Number(other));
  if (widths.length === 0) return fill(el);
  const sides = SIDES.filter(([role]) => widths.some((width) => pictures.sets[width]?.[role]));
  fill(
    el,
    h("h2", {}, "Pictures"),
    h("div", { class: "film-head", style: `--sides: ${sides.length}`, "aria-hidden": "true" }, ...sides.map(([role, label]) => h("span", {}, h("span", { class: `dot role-${role}` }), label))),
    ...widths.map((width) => drawStrip(pictures, width, sides)),
  );
}

function drawStrip(pictures: Pictures, width: string, sides: typeof SIDES): HTMLElement {
  const set = pictures.sets[width] ?? {};
  const difference = pictures.differences[width];
  const amiss = pictures.marks.refined?.[width]?.length ?? 0;
  const look = (view: View): void => enlarge(pictures, width, view);
  return h(
    "section",
    { class: "film", "aria-label": `At ${width} pixels` },
    h(
      "div",
      { class: "film-about" },
      h("h3", { class: "tabular" }, `${width} px`),
      difference ? h("button", { type: "button", class: "link", onclick: () => look("difference") }, `${share(difference.share)} differs from the base`) : null,
      amiss ? h("button", { type: "button", class: "link", onclick: () => look("amiss") }, plural(amiss, "place amiss", "places amiss")) : null,
    ),
    h(
      "div",
      { class: "film-strip", style: `--sides: ${sides.length}` },
      ...sides.map(([role, label]) =>
        set[role] ? h("button", { type: "button", class: "shot", "aria-label": `${label} at ${width} px, larger`, onclick: () => look("pictures") }, h("img", { src: set[role], alt: `${label} at ${width} pixels`, loading: "lazy" })) : h("span", { class: "shot shot-none" }, "none"),
      ),
    ),
  );
}

function share(part: number): string {
  return part === 0 ? "Nothing" : part < 0.001 ? "Under 0.1%" : `${(part * 100).toFixed(part < 0.1 ? 1 : 0)}%`;
}

/** A picture with boxes drawn over it; boxes are in the picture's own pixels. */
function framed(src: string, alt: string, boxes: readonly (Box & { kind?: string })[]): HTMLElement {
  const ns = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(ns, "svg");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("preserveAspectRatio", "none");
  for (const [index, box] of boxes.entries()) {
    const rect = document.createElementNS(ns, "rect");
    for (const [name, value] of Object.entries({ x: box.x, y: box.y, width: Math.max(2, box.width), height: Math.max(2, box.height), rx: 2 })) rect.setAttribute(name, String(value));
    rect.setAttribute("class", `box box-${box.kind ?? "changed"}`);
    rect.dataset["box"] = String(index);
    svg.append(rect);
  }
  const img = h("img", { src, alt });
  const fit = (): void => svg.setAttribute("viewBox", `0 0 ${img.naturalWidth} ${img.naturalHeight}`);
  img.addEventListener("load", fit);
  if (img.complete) fit();
  return h("div", { class: "framed" }, img, svg);
}

function enlarge(pictures: Pictures, width: string, first: View): void {
  const dialog = h("dialog", { class: "dialog dialog-pictures", "aria-label": "Pictures" });
  const body = h("div", { class: "shot-large", tabindex: "0" });
  const widths = Object.keys(pictures.sets).sort((one, other) => Number(one) - Number(other));
  let now = width;
  let view = first;
  const show = (): void => fill(body, ...large(pictures, now, view));
  const views: [View, string][] = [["pictures", "Side by side"], ...(Object.keys(pictures.differences).length ? [["difference", "Changes from the base"] as [View, string]] : []), ["amiss", "Amiss"]];
  dialog.append(
    h(
      "div",
      { class: "dialog-head" },
      h("h2", { class: "visually-hidden" }, "Pictures"),
      choice("Width", "shot-width", widths.map((each) => [each, `${each} px`]), now, (value) => ((now = value), show())),
      choice("View", "shot-view", views, view, (value) => ((view = value as View), show())),
      h("button", { type: "button", class: "btn btn-small push", onclick: () => dialog.close() }, "Close"),
    ),
    body,
  );
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
  show();
}

function choice(label: string, name: string, options: readonly (readonly [string, string])[], chosen: string, pick: (value: string) => void): HTMLElement {
  return h(
    "div",
    { class: "segmented", role: "radiogroup", "aria-label": label },
    ...options.map(([value, text]) => {
      const input = h("input", { type: "radio", name, value, onchange: () => pick(value) });
      input.checked = value === chosen;
      return h("label", {}, input, h("span", { class: "tabular" }, text));
    }),
  );
}

function large(pictures: Pictures, width: string, view: View): HTMLElement[] {
  const set = pictures.sets[width] ?? {};
  const regions = pictures.differences[width]?.regions ?? [];
  const shown = SIDES.filter(([role]) => set[role] && (view !== "difference" || role !== "rival"));
  const boxes = (role: Role): readonly (Box & { kind?: string })[] => (view === "difference" ? regions : view === "amiss" ? (pictures.marks[role]?.[width] ?? []) : []);
  const figures = h(
    "div",
    { class: "shot-sides", style: `--sides: ${shown.length}` },
    ...shown.map(([role, label]) => h("figure", {}, h("figcaption", {}, h("span", { class: `dot role-${role}` }), label, about(pictures, width, view, role)), framed(set[role] ?? "", `${label} at ${width} pixels`, boxes(role)), view === "amiss" ? list(pictures.marks[role]?.[width] ?? []) : null)),
  );
  return [figures];
}

function about(pictures: Pictures, width: string, view: View, role: Role): HTMLElement | null {
  if (view === "difference") {
    const found = pictures.differences[width];
    return role === "refined" && found ? h("span", { class: "soft" }, `${share(found.share)} of the pixels differ, in ${plural(found.regions.length, "place")}`) : null;
  }
  if (view !== "amiss") return null;
  const found = pictures.marks[role]?.[width] ?? [];
  return h("span", { class: "soft" }, found.length ? plural(found.length, "place") : "nothing sticks out, overlaps or is cut off");
}

function list(marks: readonly Mark[]): HTMLElement | null {
  if (marks.length === 0) return null;
  return h("ol", { class: "amiss" }, ...marks.map((mark) => h("li", {}, h("span", { class: `box-key box-${mark.kind}` }), `${KINDS[mark.kind]}: `, h("code", {}, mark.selector), mark.other ? " and " : "", mark.other ? h("code", {}, mark.other) : null, mark.text ? h("span", { class: "soft" }, ` “${mark.text}”`) : null)));
}
