/** The decision form: what is decided, what it needs, and the button that says what will happen. */
import { asNote } from "../checks/labels";
import type { Criterion, DecideBody, Decision, Files, Finding, Rule } from "../lib/contract";
import { fill, h, plural } from "../lib/dom";
import { call, Problem } from "../lib/http";
import { IdempotencyKeys } from "../lib/idempotency";
import { drawRatings } from "../bench/ratings";

export interface DecisionContext {
  url: string;
  scope: string;
  queue: string;
  rules: Rule[];
  criteria: Criterion[];
  hasFiles: boolean;
  files(): Files;
  /** Whether the reviewer has changed anything: fixing and accepting needs a fix. */
  fixed(): boolean;
  /** The decision on show changed: fixing opens the editor. */
  onDecision(decision: Decision | null): void;
}

const DECISIONS: { value: Decision; label: string; key: string; hint: string }[] = [
  { value: "accept", label: "Accept", key: "1", hint: "It stands as it is and goes to voting." },
  { value: "fix_accept", label: "Fix and accept", key: "2", hint: "Mend small things in the editor; your version goes on." },
  { value: "request_changes", label: "Request changes", key: "3", hint: "Back to the contributor, who keeps the draft." },
  { value: "reject", label: "Reject", key: "4", hint: "Needs a rule and what you saw." },
];

export class DecisionForm {
  private decision: Decision | null = null;
  private scores: Record<string, number> = {};
  private readonly picked = new Map<string, Finding>();
  private readonly keys = new IdempotencyKeys(localStorage);
  private readonly notes = h("textarea", { id: "decision-notes", rows: 2, maxlength: 8000, oninput: () => this.draw() });
  private readonly notesLabel = h("label", { for: "decision-notes" });
  private readonly rule: HTMLSelectElement;
  private readonly evidence = h("textarea", { id: "decision-evidence", rows: 2, maxlength: 8000, oninput: () => this.draw() });
  private readonly rejectFields: HTMLElement;
  private readonly hint = h("p", { class: "hint" });
  private readonly pickedEl = h("div", {});
  private readonly error = h("div", { class: "errors", role: "alert", hidden: true });
  private readonly button = h("button", { type: "submit", class: "btn btn-primary" });
  private readonly inputs = new Map<Decision, HTMLInputElement>();

  constructor(root: HTMLElement, private readonly context: DecisionContext) {
    this.rule = h("select", { id: "decision-rule", onchange: () => this.draw() }, h("option", { value: "" }, "Choose a rule"), ...context.rules.map((rule) => h("option", { value: rule.code, title: rule.text }, `${rule.code}: ${rule.text}`)));
    this.rejectFields = h(
      "div",
      { class: "stack-tight", hidden: true },
      h("div", { class: "field" }, h("label", { for: "decision-rule" }, "Rule that was broken"), this.rule),
      h("div", { class: "field" }, h("label", { for: "decision-evidence" }, "What you saw, and where"), this.evidence),
    );
    const scores = h("div", { class: "ratings" });
    const choices = h("fieldset", { class: "decisions" }, h("legend", { class: "visually-hidden" }, "Decision"));
    for (const item of DECISIONS) {
      if (item.value === "fix_accept" && !context.hasFiles) continue;
      const input = h("input", { type: "radio", name: "decision", value: item.value, onchange: () => this.choose(item.value) });
      this.inputs.set(item.value, input);
      choices.append(h("label", { class: "check", title: item.hint }, input, h("span", {}, item.label), h("kbd", {}, item.key)));
    }
    root.append(
      h(
        "form",
        { class: "decision", onsubmit: (event: Event) => void this.send(event) },
        choices,
        this.hint,
        this.rejectFields,
        this.pickedEl,
        h("div", { class: "field" }, this.notesLabel, this.notes),
        context.criteria.length ? h("details", { class: "fold" }, h("summary", {}, "Scores ", h("span", { class: "muted" }, "(optional)")), scores) : null,
        this.error,
        this.button,
      ),
    );
    drawRatings(scores, context.criteria, {}, (next) => (this.scores = next));
    this.draw();
  }

  choose(decision: Decision): void {
    const input = this.inputs.get(decision);
    if (!input) return;
    input.checked = true;
    this.decision = decision;
    this.context.onDecision(decision);
    this.draw();
  }

  /** Choose by key and put the cursor where the next words belong. */
  chooseByKey(decision: Decision): void {
    this.choose(decision);
    if (decision === "reject") this.rule.focus();
    else if (decision === "request_changes") this.notes.focus();
    else this.inputs.get(decision)?.focus();
  }

  pick(finding: Finding, picked: boolean): void {
    const key = JSON.stringify([finding.code, finding.path, finding.line, finding.message]);
    if (picked) this.picked.set(key, finding);
    else this.picked.delete(key);
    if (picked && this.decision === null) this.choose("request_changes");
    this.draw();
  }

  /** Refresh what depends on the outside: the editor's content. */
  draw(): void {
    const count = this.picked.size;
    const sendsBack = this.decision === "request_changes";
    this.hint.textContent = DECISIONS.find((item) => item.value === this.decision)?.hint ?? "";
    this.hint.hidden = this.decision === null;
    this.rejectFields.hidden = this.decision !== "reject";
    this.notesLabel.textContent = sendsBack ? "What has to change" : "Notes to the contributor";
    fill(this.pickedEl, sendsBack && count ? h("ul", { class: "picked" }, ...[...this.picked.values()].map((finding) => h("li", {}, asNote(finding).slice(2)))) : null);
    this.pickedEl.hidden = !this.pickedEl.firstChild;
    this.button.textContent = this.label(count);
    this.button.className = `btn ${this.decision === "reject" ? "btn-danger" : "btn-primary"}`;
    this.button.disabled = this.decision === null;
  }

  private label(count: number): string {
    switch (this.decision) {
      case null: return "Choose a decision";
      case "accept": return "Accept the submission";
      case "fix_accept": return "Accept with my fixes";
      case "request_changes": return count ? `Send back with ${plural(count, "finding")}` : "Send back for changes";
      case "reject": return this.rule.value ? `Reject under ${this.rule.value}` : "Reject";
    }
  }

  private missing(): string | null {
    if (this.decision === "reject" && !this.rule.value) return this.rule.focus(), "Name the rule that was broken.";
    if (this.decision === "reject" && !this.evidence.value.trim()) return this.evidence.focus(), "Say what you saw, and where: the contributor reads it.";
    if (this.decision === "request_changes" && !this.notes.value.trim() && !this.picked.size) return this.notes.focus(), "Say what has to change, or tick findings under Checks.";
    if (this.decision === "fix_accept" && !this.context.fixed()) return "Nothing is changed in the editor yet. Mend it there, or choose Accept.";
    return null;
  }

  private body(decision: Decision): DecideBody {
    const lines = decision === "request_changes" ? [...this.picked.values()].map(asNote) : [];
    const notes = [this.notes.value.trim(), lines.join("\n")].filter(Boolean).join("\n\n");
    const body: DecideBody = { decision, notes, scores: this.scores };
    if (decision === "reject") Object.assign(body, { rule: this.rule.value, evidence: this.evidence.value.trim() });
    if (decision === "fix_accept") body.files = this.context.files();
    return body;
  }

  /** Press the button. */
  submit(): void {
    this.button.form?.requestSubmit();
  }

  private async send(event: Event): Promise<void> {
    event.preventDefault();
    if (this.decision === null) return;
    const missing = this.missing();
    this.error.hidden = missing === null;
    this.error.textContent = missing ?? "";
    if (missing !== null) return;
    this.button.disabled = true;
    const body = JSON.stringify(this.body(this.decision));
    try {
      const answer = await call<{ url?: string } | null>("POST", this.context.url, body, { headers: { "Idempotency-Key": this.keys.keyFor(this.context.scope, body) } });
      this.keys.settle(this.context.scope);
      location.assign(answer?.url ?? this.context.queue);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (!problem.passing) this.keys.settle(this.context.scope);
      this.error.hidden = false;
      this.error.textContent = problem.passing ? `${problem.message} Press again: a decision is taken once only.` : [problem.message, ...problem.details.map((detail) => `${detail.what} ${detail.todo}`)].join("\n");
      this.button.disabled = false;
    }
  }
}
