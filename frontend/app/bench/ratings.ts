/** Ratings 1 to 5, a criterion a row. */
import type { Criterion } from "../lib/contract";
import { h } from "../lib/dom";

const WORDS = ["poor", "weak", "fair", "good", "excellent"];

/** Draw the criteria into `el`; `onChange` gets all ratings after each choice. */
export function drawRatings(el: HTMLElement, criteria: Criterion[], ratings: Record<string, number>, onChange: (ratings: Record<string, number>) => void): void {
  const kept = { ...ratings };
  el.replaceChildren(
    ...criteria.map((criterion) => {
      const inputs = WORDS.map((word, index) => {
        const value = index + 1;
        const input = h("input", {
          type: "radio", name: `rating-${criterion.slug}`, value, "aria-label": `${value}, ${word}`,
          onchange: () => {
            kept[criterion.slug] = value;
            onChange({ ...kept });
          },
        });
        input.checked = kept[criterion.slug] === value;
        return h("label", { title: word }, input, h("span", { class: "tabular" }, value));
      });
      return h(
        "fieldset",
        { class: "rating" },
        h("legend", { class: "visually-hidden" }, `${criterion.name}. ${criterion.question}`),
        h("div", { "aria-hidden": "true" }, h("b", {}, criterion.name), h("p", { class: "hint" }, criterion.question)),
        h("div", { class: "segmented" }, ...inputs),
      );
    }),
  );
}
