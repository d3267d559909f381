/** The controls above the panes: one width for all, zoom, and which of them are shown. */
import { h, icon } from "../lib/dom";
import { type Board, NARROWEST, type Width, WIDEST, WIDTHS } from "./board";

/** Radios for the usual widths and a field for any other. */
export function widthControl(board: Board): HTMLElement {
  const free = h("input", { type: "number", class: "input free-width tabular", min: NARROWEST, max: WIDEST, step: 10, "aria-label": "Any width of the pages, in pixels", title: `Any width from ${NARROWEST} to ${WIDEST} px`, placeholder: "Free" });
  const group = h("div", { class: "segmented", role: "radiogroup", "aria-label": "Width of the pages" });
  const inputs = WIDTHS.map((width) => {
    const input = h("input", { type: "radio", name: "pane-width", value: String(width), onchange: () => board.setWidth(width) });
    group.append(h("label", { title: width === "fit" ? "As wide as the pane" : `${width} px wide in every pane` }, input, h("span", { class: "tabular" }, width === "fit" ? "Fit" : String(width))));
    return input;
  });
  const take = (): void => {
    const width = Math.round(Number(free.value));
    if (free.value === "" || !Number.isFinite(width)) return draw(board.width);
    board.setWidth(Math.min(WIDEST, Math.max(NARROWEST, width)));
  };
  free.addEventListener("change", take);
  const draw = (width: Width): void => {
    for (const input of inputs) input.checked = input.value === String(width);
    free.value = WIDTHS.includes(width) ? "" : String(width);
  };
  board.onWidth(draw);
  return h("div", { class: "width-control" }, group, free);
}

/** Whether a wide page is scaled down to its pane, or as large as it is. */
export function zoomControl(board: Board): HTMLElement {
  const button = h("button", { type: "button", class: "btn btn-quiet btn-small", title: "Scale wide pages down to their panes; off: they scroll (Alt+Z)", onclick: () => board.setZoom(!board.zoom) }, icon("zoom"), h("span", { class: "tool-word" }, "Zoom to fit"));
  board.onZoom((zoom) => button.setAttribute("aria-pressed", String(zoom)));
  // A page as wide as its pane has nothing to scale.
  board.onWidth((width) => (button.hidden = width === "fit"));
  return button;
}

/** One button a pane: shown or hidden. The last one stays. */
export function showControl(board: Board): HTMLElement {
  const group = h("div", { class: "segmented", role: "group", "aria-label": "Panes shown" });
  const buttons = board.panes.map((spec) => {
    const button = h("button", { type: "button", "data-show": spec.key, title: `Show or hide ${spec.label}`, onclick: () => board.setShown(spec.key, !board.isShown(spec.key)) }, h("span", { class: `dot ${spec.tone}` }), spec.label);
    group.append(button);
    return button;
  });
  board.onShown(() => {
    for (const button of buttons) button.setAttribute("aria-pressed", String(board.isShown(button.dataset["show"] ?? "")));
  });
  return group;
}
