/** The dialog that hands the work in: the outcome, a last look, one request that survives retries. */
import type { Criterion, SubmitBody, SubmitOutcome } from "../lib/contract";
import { fill, h, plural } from "../lib/dom";
import { call, Problem } from "../lib/http";
import { IdempotencyKeys } from "../lib/idempotency";

export interface SubmitContext {
  url: string;
  scope: string;
  hasBase: boolean;
  criteria: Criterion[];
  save(): Promise<boolean>;
  rev(): number;
  /** What is known just before handing in. */
  review(): { changed: number; added: number; removed: number; rationale: string; rated: number; checks: string };
  done(): void;
}

/** Characters; the server asks the same. */
const SHORTEST_REASON = 12;

interface Choice { outcome: SubmitOutcome; label: string; hint: string; button: string }

const CHOICES: Choice[] = [
  { outcome: "refined", label: "My refinement beats the rival", hint: "It goes through the checks, then to a reviewer.", button: "Submit the refinement" },
  { outcome: "already_beats", label: "The base already beats the rival", hint: "Paid too. Say what makes it better.", button: "Submit: the base already wins" },
  { outcome: "cannot_beat", label: "The rival cannot be beaten", hint: "Paid too. Say what stands in the way.", button: "Submit: cannot be beaten" },
];

export function openSubmit(context: SubmitContext): void {
  if (document.querySelector("dialog.submit-dialog")) return;
  const keys = new IdempotencyKeys(localStorage);
  const choices = CHOICES.filter((choice) => context.hasBase || choice.outcome !== "already_beats");
  let outcome: SubmitOutcome = "refined";
  const dialog = h("dialog", { class: "dialog submit-dialog", "aria-label": "Submit" });
  const reason = h("textarea", { id: "submit-reason", rows: 4, maxlength: 4000 });
  const reasonField = h("div", { class: "field", hidden: true }, h("label", { for: "submit-reason" }, "Reason"), reason, h("p", { class: "hint" }, "A reviewer reads this. Name what you compared and what you tried."));
  const notes = h("ul", { class: "last-look" });
  const error = h("div", { class: "errors", role: "alert", hidden: true });
  const button = h("button", { type: "submit", class: "btn btn-primary" });

  const draw = (): void => {
    const refined = outcome === "refined";
    reasonField.hidden = refined;
    button.textContent = choices.find((choice) => choice.outcome === outcome)?.button ?? "Submit";
    fill(notes, ...(refined ? lastLook(context) : []));
    notes.hidden = !refined;
  };
  const refuse = (text: string): void => {
    error.hidden = false;
    error.textContent = text;
    button.disabled = false;
  };
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    error.hidden = true;
    if (outcome !== "refined" && reason.value.trim().length < SHORTEST_REASON) {
      reason.focus();
      return refuse("Say why, in a sentence at least.");
    }
    if (outcome === "refined" && context.review().rationale.trim().length < SHORTEST_REASON) return refuse("Write the rationale first: what you changed, and why it beats the rival.");
    button.disabled = true;
    if (!(await context.save())) return refuse("The draft is not saved, so it cannot be handed in. See the save state at the top.");
    const body = JSON.stringify({ rev: context.rev(), outcome, reason: outcome === "refined" ? "" : reason.value.trim() } satisfies SubmitBody);
    try {
      const answer = await call<{ url: string }>("POST", context.url, body, { headers: { "Idempotency-Key": keys.keyFor(context.scope, body) } });
      keys.settle(context.scope);
      context.done();
      location.assign(answer.url);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      // The key stays for a failure that may pass: the server may have taken the first try.
      if (!problem.passing) keys.settle(context.scope);
      refuse(problem.passing ? `${problem.message} Nothing is lost: press the button again, it cannot be handed in twice.` : said(problem));
    }
  };

  dialog.append(
    h(
      "form",
      { method: "dialog", onsubmit: send },
      h("div", { class: "dialog-head" }, h("h2", {}, "Submit")),
      h(
        "div",
        { class: "dialog-body" },
        h(
          "fieldset",
          { class: "choices" },
          h("legend", {}, "What did you find?"),
          ...choices.map((choice) => {
            const input = h("input", { type: "radio", name: "outcome", value: choice.outcome, onchange: () => ((outcome = choice.outcome), draw()) });
            input.checked = choice.outcome === outcome;
            return h("label", { class: "check" }, input, h("span", {}, choice.label, h("span", { class: "hint" }, choice.hint)));
          }),
        ),
        reasonField,
        notes,
        error,
      ),
      h("div", { class: "dialog-foot" }, h("button", { type: "button", class: "btn", onclick: () => dialog.close() }, "Keep working"), button),
    ),
  );
  draw();
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
}

function said(problem: Problem): string {
  const details = problem.details.map((detail) => `${detail.where}: ${detail.what} ${detail.todo}`.trim());
  return [problem.message, ...details].join("\n");
}

function lastLook(context: SubmitContext): HTMLElement[] {
  const look = context.review();
  const line = (good: boolean, text: string): HTMLElement => h("li", {}, h("span", { class: `badge ${good ? "badge-ok" : "badge-warn"}` }, good ? "Ready" : "Look"), " ", text);
  const files = [look.changed ? `${plural(look.changed, "file")} changed` : "", look.added ? `${look.added} added` : "", look.removed ? `${look.removed} deleted` : ""].filter(Boolean).join(", ");
  return [
    line(files !== "", files ? `${files}.` : "No file differs from the base."),
    line(look.rationale.trim() !== "", look.rationale.trim() ? "Rationale written." : "The rationale is empty."),
    ...(context.criteria.length ? [line(look.rated === context.criteria.length, `${look.rated} of ${plural(context.criteria.length, "criterion", "criteria")} rated.`)] : []),
    line(look.checks.includes("nothing"), look.checks),
  ];
}
