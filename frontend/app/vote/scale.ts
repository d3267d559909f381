/** Seven-step scales between A and B: native radio buttons, so arrow keys move and screen readers count. */
import type { Step } from "../lib/contract";
import { h } from "../lib/dom";

export const STEPS: readonly Step[] = [-3, -2, -1, 0, 1, 2, 3];

const WORDS: Record<Step, string> = { [-3]: "A is much better", [-2]: "A is better", [-1]: "A is slightly better", 0: "No difference", 1: "B is slightly better", 2: "B is better", 3: "B is much better" };

const UNSET = "3 much better, 1 slightly better, = no difference";

export function stepWord(step: Step): string {
  return WORDS[step];
}

export interface Scale { el: HTMLElement; value: Step | null; set(value: Step): void; disable(off: boolean): void; focus(): void }

/** Make a scale. `big` shows the words under it. */
export function makeScale(options: { name: string; legend: string; hint?: string; big: boolean; onChange: () => void }): Scale {
  const word = h("output", { class: "scale-word", "aria-live": "off" }, UNSET);
  const inputs: HTMLInputElement[] = [];
  const scale: Scale = {
    el: h("fieldset", { class: options.big ? "scale is-big" : "scale" }),
    value: null,
    set(value) {
      scale.value = value;
      for (const input of inputs) input.checked = Number(input.value) === value;
      word.textContent = stepWord(value);
    },
    disable(off) {
      for (const input of inputs) input.disabled = off;
      scale.el.classList.toggle("is-off", off);
    },
    focus() {
      (inputs.find((input) => input.checked) ?? inputs[3])?.focus();
    },
  };
  const steps = STEPS.map((step) => {
    const input = h("input", {
      type: "radio", name: options.name, value: step, "aria-label": stepWord(step),
      onchange: () => {
        scale.set(step);
        options.onChange();
      },
    });
    inputs.push(input);
    const side = step < 0 ? "side-a" : step > 0 ? "side-b" : "side-none";
    return h("label", { class: `step ${side}`, title: stepWord(step) }, input, h("span", { class: "tabular", "aria-hidden": "true" }, step === 0 ? "=" : Math.abs(step)));
  });
  scale.el.append(
    h("legend", options.big ? {} : { class: "visually-hidden" }, options.legend),
    ...(options.big ? [] : [h("div", { "aria-hidden": "true" }, h("b", {}, options.legend), options.hint ? h("p", { class: "hint" }, options.hint) : null)]),
    h("div", { class: "scale-row" }, h("span", { class: "scale-end side-a", "aria-hidden": "true" }, "A"), h("div", { class: "steps" }, ...steps), h("span", { class: "scale-end side-b", "aria-hidden": "true" }, "B")),
    ...(options.big ? [word] : []),
  );
  return scale;
}
