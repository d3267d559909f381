/** Screenshots of the render check: all sides at one width, larger on demand. */
import type { CheckRun, ScreenshotSet } from "../lib/contract";
import { fill, h } from "../lib/dom";

const SIDES = [["base", "Base"], ["rival", "Rival"], ["refined", "Refined"]] as const;

/** Collect the screenshots of all runs by width. */
export function collect(runs: readonly CheckRun[]): Record<string, ScreenshotSet> {
  const sets: Record<string, ScreenshotSet> = {};
  for (const run of runs) {
    for (const [width, set] of Object.entries(run.evidence?.screenshots ?? {})) sets[width] = { ...sets[width], ...set };
  }
  return sets;
}

export function drawScreenshots(el: HTMLElement, sets: Record<string, ScreenshotSet>): void {
  const widths = Object.keys(sets).sort((one, other) => Number(one) - Number(other));
  if (widths.length === 0) return fill(el);
  const strip = h("div", { class: "shots" });
  const show = (width: string): void => {
    const set = sets[width] ?? {};
    fill(
      strip,
      ...SIDES.filter(([key]) => set[key]).map(([key, label]) => {
        const open = (): void => enlarge(set, width, key);
        return h("figure", {}, h("button", { type: "button", class: "shot", "aria-label": `${label} at ${width} px, larger`, onclick: open }, h("img", { src: set[key] ?? "", alt: `${label} at ${width} pixels`, loading: "lazy" })), h("figcaption", {}, h("span", { class: `dot role-${key}` }), label));
      }),
    );
  };
  const choice = h(
    "div",
    { class: "segmented", role: "radiogroup", "aria-label": "Width of the screenshots" },
    ...widths.map((width, index) => {
      const input = h("input", { type: "radio", name: "shot-width", value: width, onchange: () => show(width) });
      input.checked = index === 0;
      return h("label", {}, input, h("span", { class: "tabular" }, width));
    }),
  );
  fill(el, h("div", { class: "row row-between" }, h("h2", {}, "Screenshots"), choice), strip);
  show(widths[0] ?? "");
}

function enlarge(set: ScreenshotSet, width: string, first: string): void {
  const dialog = h("dialog", { class: "dialog dialog-wide shot-dialog", "aria-label": `Screenshots at ${width} pixels` });
  const body = h("div", { class: "shot-large" });
  const sides = SIDES.filter(([key]) => set[key]);
  const show = (key: string): void => {
    const found = sides.find(([side]) => side === key);
    if (found) fill(body, h("img", { src: set[found[0]] ?? "", alt: `${found[1]} at ${width} pixels` }));
  };
  dialog.append(
    h(
      "div",
      { class: "dialog-head" },
      h("h2", {}, `At ${width} px`),
      h(
        "div",
        { class: "segmented", role: "radiogroup", "aria-label": "Side" },
        ...sides.map(([key, label]) => {
          const input = h("input", { type: "radio", name: "shot-side", value: key, onchange: () => show(key) });
          input.checked = key === first;
          return h("label", {}, input, h("span", {}, h("span", { class: `dot role-${key}` }), label));
        }),
      ),
      h("button", { type: "button", class: "btn btn-small", onclick: () => dialog.close() }, "Close"),
    ),
    body,
  );
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
  show(first);
}
