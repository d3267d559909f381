/** A read-only look at file sets: the page running beside its code. For release samples and the admin. */
import { Workspace } from "./editor/workspace";
import type { ExploreData } from "./lib/contract";
import { h, readJson } from "./lib/dom";
import { Board } from "./panes/board";
import { widthControl } from "./panes/tools";

function explore(el: HTMLElement): void {
  const data = readJson<ExploreData>(el.dataset["explore"] ?? "");
  const panes = h("div", { class: "panes" });
  const code = h("div", { class: "workspace" });
  const choice = h("div", { class: "segmented", role: "group", "aria-label": "Whose code" });
  const tools = h("div", { class: "tool-row" });
  const over = h("div", { class: "tool-row explore-code" }, h("span", { class: "muted small" }, "Code of"), choice);
  el.classList.add("explore");
  el.append(tools, panes, over, code);
  const tone = (set: ExploreData["sets"][number]): string => (set.role === "a" || set.role === "b" ? `side-${set.role}` : set.role ? `role-${set.role}` : "");
  const board = new Board(panes, {
    origin: data.preview.origin, consoles: true,
    panes: data.sets.map((set, index) => ({ key: String(index), label: set.label, tone: tone(set), title: `${set.label}, running` })),
  });
  const first = data.sets[0];
  if (!first) return;
  const workspace = new Workspace(code, { files: first.files, base: null, others: Object.fromEntries(data.sets.map((set) => [set.label, set.files])), limit: 0, editable: false, onChange: () => undefined });
  const buttons = data.sets.map((set) => {
    const button = h("button", { type: "button", "aria-pressed": "false", onclick: () => pick(set.label) }, h("span", { class: `dot ${tone(set)}` }), set.label);
    return { label: set.label, button };
  });
  const pick = (label: string): void => {
    workspace.setSource(label);
    for (const item of buttons) item.button.setAttribute("aria-pressed", String(item.label === label));
  };
  choice.append(...buttons.map((item) => item.button));
  tools.append(widthControl(board));
  over.hidden = data.sets.length < 2;
  pick(first.label);
  data.sets.forEach((set, index) => void board.show(String(index), set.files, set.framework));
}

for (const el of document.querySelectorAll<HTMLElement>("[data-explore]")) explore(el);
