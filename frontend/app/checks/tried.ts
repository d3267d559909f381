/** What came of trying base, rival and refinement out, side by side, and each thing that was tried on the refinement. */
import type { Evidence, Role, Tried } from "../lib/contract";
import { h, plural } from "../lib/dom";

const SIDES: readonly (readonly [Role, string])[] = [["base", "Base"], ["rival", "Rival"], ["refined", "Refined"]];
const ROWS: readonly (readonly [string, (tried: Tried) => string, (tried: Tried) => boolean])[] = [
  ["Actions tried", (tried) => String(tried.actions), () => false],
  ["Errors raised", (tried) => String(tried.errors), (tried) => tried.errors > 0],
  ["Dead controls", (tried) => String(tried.dead), (tried) => tried.dead > 0],
  ["Busy for over 0.5 s", (tried) => String(tried.busy), (tried) => tried.busy > 0],
  ["Layout shift", (tried) => tried.shift.toFixed(2), (tried) => tried.shift >= 0.1],
];
const VERBS: Record<string, string> = { click: "Click", type: "Type into", choose: "Choose in", set: "Set", keys: "Press" };
const EFFECTS: Record<string, string> = {
  page: "the page changed", fields: "a field changed", error: "raised an error", looks: "it moved or grew", scroll: "scrolled", focus: "moved the focus", input: "took input", change: "took a value", invalid: "asked for a valid value", toggle: "opened or closed",
  dialog: "opened a dialog", link: "leads away", download: "offers a file", window: "opened a window", form: "sent a form", network: "asked the network", clipboard: "copied", draws: "drew", sound: "played a sound",
  stores: "kept a setting", history: "changed the address", fullscreen: "went full screen", picker: "opened a chooser",
};

export function drawTried(tried: Evidence["interaction"]): HTMLElement | null {
  const sides = SIDES.filter(([role]) => tried?.[role]);
  if (!tried || sides.length === 0) return null;
  const of = (role: Role): Tried => tried[role] as Tried;
  return h(
    "details",
    { class: "tried" },
    h("summary", {}, "Tried out: ", h("span", { class: "soft" }, summary(tried))),
    h(
      "table",
      { class: "tried-table" },
      h("thead", {}, h("tr", {}, h("td"), ...sides.map(([role, label]) => h("th", { scope: "col" }, h("span", { class: `dot role-${role}` }), label)))),
      h(
        "tbody",
        {},
        ...ROWS.map(([label, value, bad]) => h("tr", {}, h("th", { scope: "row" }, label), ...sides.map(([role]) => h("td", { class: bad(of(role)) ? "is-bad" : undefined }, of(role).hung ? "stopped" : value(of(role)))))),
      ),
    ),
    tried.refined ? steps(tried.refined) : null,
  );
}

function summary(tried: NonNullable<Evidence["interaction"]>): string {
  const refined = tried.refined;
  if (!refined) return "the refinement could not be";
  if (refined.hung) return `the refinement stopped answering after ${refined.at || "it opened"}`;
  const bad = [refined.errors ? plural(refined.errors, "error") : "", refined.dead ? plural(refined.dead, "dead control") : ""].filter(Boolean).join(", ");
  return `${plural(refined.actions, "action")}, ${bad || "nothing broke"}`;
}

function steps(refined: Tried): HTMLElement {
  return h(
    "ol",
    { class: "tried-steps" },
    ...refined.steps.map((step) => {
      const came = step.dead ? "nothing happened" : step.effects.map((effect) => EFFECTS[effect] ?? effect).join(", ") || "nothing to see";
      return h("li", { class: step.dead ? "is-dead" : undefined, title: step.selector }, h("span", {}, `${VERBS[step.kind] ?? step.kind} `, h("b", {}, step.label || step.selector)), h("span", { class: "soft" }, ` ${came}${step.busy ? ", and the page was busy" : ""}`));
    }),
  );
}
