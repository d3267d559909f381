/** Time and pay of the task in hand, in words: what it earns and when, how long it is held, what happens at the end. */
import { h, plural } from "../lib/dom";
import { AWAY_AFTER } from "../lib/lease";
import { money } from "../lib/time";

export interface Terms {
  quote: number | null | undefined;
  currency: string | undefined;
  leaseMinutes: number;
  payAfterDays: number;
}

/** One line beside the task's name. */
export function quoteLine(terms: Terms): string {
  return terms.quote && terms.currency ? `${money(terms.quote, terms.currency)} when accepted` : "";
}

/** What is paid, and when. */
export function paySentences(terms: Terms): string[] {
  if (!terms.quote || !terms.currency) return ["This task is not paid."];
  const amount = money(terms.quote, terms.currency);
  return [
    `${amount}, fixed when you took the task. It is owed to you when a reviewer accepts your work, “already beats” and “cannot be beaten” included.`,
    terms.payAfterDays > 0
      ? `Work that nobody has reviewed ${plural(terms.payAfterDays, "day")} after you sent it is paid all the same, and stays paid.`
      : "This project pays after a review only.",
    "What a check or a reviewer sends back is paid once its next round is accepted.",
  ];
}

/** How long the task is held, and what follows. */
export function leaseSentences(terms: Terms): string[] {
  return [
    `The task is yours for ${plural(terms.leaseMinutes, "minute")} from your last sign of life: typing, moving the pointer and saving renew it by themselves.`,
    `After ${AWAY_AFTER / 60_000} minutes without one the clock runs down, so that a forgotten tab keeps nobody waiting.`,
    "When it ends, your draft is kept. While nobody else has the task you can take it again and go on from there; if somebody has, the files stay in this browser and in My work.",
  ];
}

export function openTerms(terms: Terms, active: boolean, release: () => void): void {
  if (document.querySelector("dialog.terms-dialog")) return;
  const dialog = h("dialog", { class: "dialog terms-dialog", "aria-labelledby": "terms-title" });
  const part = (title: string, sentences: string[]): HTMLElement => h("section", { class: "stack-tight" }, h("h3", {}, title), ...sentences.map((sentence) => h("p", { class: "soft" }, sentence)));
  dialog.append(
    h("div", { class: "dialog-head" }, h("h2", { id: "terms-title" }, "Time and pay")),
    h("div", { class: "dialog-body" }, part("Pay", paySentences(terms)), part("Time", leaseSentences(terms)), part("Giving it back", ["Releasing costs you nothing: it is no rejection and does not count towards a daily cap. You are asked once for the reason."])),
    h(
      "div",
      { class: "dialog-foot" },
      active ? h("button", { type: "button", class: "btn", onclick: () => (dialog.close(), release()) }, "Release…") : null,
      h("button", { type: "button", class: "btn btn-primary", onclick: () => dialog.close() }, "Go on working"),
    ),
  );
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
}
