/** What originality found near: the share, and the passages that both have, side by side. For reviewers. */
import type { Evidence, Passage } from "../lib/contract";
import { h } from "../lib/dom";

type Open = (path: string, line?: number | null) => void;

export function drawMatches(matches: Evidence["matches"], open: Open): HTMLElement | null {
  const { rival, submission } = matches ?? {};
  if (!rival && !submission) return null;
  return h(
    "div",
    { class: "matches" },
    rival ? drawMatch(`The rival shares ${percent(rival.share)} of the code${rival.base_share === null ? "" : `, the base ${percent(rival.base_share)} with it`}`, "rival", rival.passages, open) : null,
    submission ? drawMatch(`Submission ${submission.number}${submission.same_prompt ? "" : ", for another prompt,"} shares ${percent(submission.share)} of what both add, ${percent(submission.whole)} of the whole code`, `submission ${submission.number}`, submission.passages, open) : null,
    submission?.others.length ? h("p", { class: "small" }, "Near too: ", submission.others.map(([number, share]) => `submission ${number} (${percent(share)})`).join(", "), ".") : null,
    h("p", { class: "small muted" }, "Likeness is a question, not a verdict: a common template or the same answer of the model makes work alike as well."),
  );
}

function drawMatch(title: string, other: string, passages: readonly Passage[], open: Open): HTMLElement {
  return h("details", { class: "match", open: true }, h("summary", {}, title), h("ol", { class: "passages" }, ...passages.map((passage) => drawPassage(passage, other, open))));
}

function drawPassage(passage: Passage, other: string, open: Open): HTMLElement {
  const mine = h("button", { type: "button", class: "link mono", title: "Show it in the refined code", onclick: () => open(passage.path, passage.first) }, `${passage.path}:${passage.first}–${passage.last}`);
  return h(
    "li",
    {},
    h("p", {}, mine, h("span", { class: "muted" }, ` is in ${other} `), h("span", { class: "mono" }, `${passage.other_path}:${passage.other_first}–${passage.other_last}`), h("span", { class: "muted tabular" }, `, ${passage.tokens} tokens`)),
    h("details", {}, h("summary", { class: "small" }, "Both texts"), drawText("Refined", "refined", passage.text), drawText(other === "rival" ? "Rival" : "The other", other === "rival" ? "rival" : "base", passage.other_text)),
  );
}

function drawText(label: string, role: string, text: string): HTMLElement {
  return h("figure", { class: "passage-text" }, h("figcaption", { class: "small" }, h("span", { class: `dot role-${role}` }), label), h("pre", { tabindex: "0", "aria-label": label }, text));
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}
