/** The dialog that hands the work in: the outcome, what is sent and what is missing, one request that survives retries. */
import type { Finding, SubmitBody, SubmitOutcome } from "../lib/contract";
import { retryDelay } from "../lib/autosave";
import { fill, h } from "../lib/dom";
import { formatBytes } from "../lib/drafts";
import { call, Problem } from "../lib/http";
import { IdempotencyKeys } from "../lib/idempotency";
import type { ChangeSummary } from "../lib/summary";
import { points, SHORTEST_REASON, type Jump, type Look, type Point } from "./lastlook";

export interface SubmitContext {
  url: string;
  scope: string;
  hasBase: boolean;
  save(): Promise<boolean>;
  /** Whether the last try to save failed for a reason that passes: the server is away. */
  away(): boolean;
  rev(): number;
  /** The draft as it is now: asked again whenever something here changes. */
  look(): Look;
  claim(text: string): void;
  jump(to: Jump): void;
  open(finding: Finding): void;
  /** One line on what is paid when. */
  pay: string;
  done(): void;
}

interface Choice { outcome: SubmitOutcome; label: string; hint: string; button: string }

const CHOICES: Choice[] = [
  { outcome: "refined", label: "My refinement beats the rival", hint: "It goes through the checks, then to a reviewer, then to blind voters.", button: "Submit the refinement" },
  { outcome: "already_beats", label: "The base already beats the rival", hint: "No files are sent. Paid like a refinement, once a reviewer agrees.", button: "Submit: the base already wins" },
  { outcome: "cannot_beat", label: "The rival cannot be beaten", hint: "No files are sent. Paid like a refinement, once a reviewer agrees.", button: "Submit: cannot be beaten" },
];
const REASONS: Record<SubmitOutcome, { label: string; hint: string }> = {
  refined: { label: "It beats the rival because…", hint: "What a voter will see that is better. Saved with your draft as its rationale; reviewers read it beside the diff." },
  already_beats: { label: "It already beats the rival because…", hint: "Name what you compared: at which width, which interaction, which part of the prompt." },
  cannot_beat: { label: "It cannot be beaten, because…", hint: "Say what you tried, and what stands in the way." },
};
/** How often a hand-in that did not reach the server is tried again by itself. */
const MOST_TRIES = 60;

export function openSubmit(context: SubmitContext): void {
  if (document.querySelector("dialog.submit-dialog")) return;
  const keys = new IdempotencyKeys(localStorage);
  const choices = CHOICES.filter((choice) => context.hasBase || choice.outcome !== "already_beats");
  let outcome: SubmitOutcome = "refined";
  let busy = false;
  const reasons: Partial<Record<SubmitOutcome, string>> = { refined: context.look().claim };
  const dialog = h("dialog", { class: "dialog submit-dialog", "aria-labelledby": "submit-title" });
  const reason = h("textarea", { id: "submit-reason", rows: 4, maxlength: 8000, "aria-describedby": "submit-hint" });
  const label = h("label", { for: "submit-reason" });
  const hint = h("p", { class: "hint", id: "submit-hint" });
  const last = h("section", { class: "last-look", "aria-label": "Before it is sent" });
  const error = h("div", { class: "errors", role: "alert", hidden: true });
  const button = h("button", { type: "submit", class: "btn btn-primary" });
  const progress = h("span", { class: "soft small", role: "status" });

  const leave = (then: () => void): void => {
    dialog.close();
    then();
  };
  const drawLook = (): void => {
    const look = context.look();
    const blocked = outcome === "refined" && points(look).some((point) => point.findings?.length);
    button.textContent = blocked ? "Submit all the same" : (choices.find((choice) => choice.outcome === outcome)?.button ?? "Submit");
    last.hidden = outcome !== "refined";
    if (outcome !== "refined") return;
    fill(
      last,
      h("ul", { class: "last-points" }, ...points(look).map((point) => drawPoint(point, (to) => leave(() => context.jump(to)), (finding) => leave(() => context.open(finding))))),
      look.changes.files.length ? drawChanges(look.changes) : null,
    );
  };
  const draw = (): void => {
    label.textContent = REASONS[outcome].label;
    hint.textContent = REASONS[outcome].hint;
    reason.value = reasons[outcome] ?? "";
    error.hidden = true;
    drawLook();
  };
  const refuse = (text: string): void => {
    error.hidden = false;
    error.textContent = text;
    error.scrollIntoView({ block: "nearest" });
  };
  reason.addEventListener("input", () => {
    reasons[outcome] = reason.value;
    if (outcome === "refined") context.claim(reason.value);
    drawLook();
  });

  /** Save and send once. Throws Problem. */
  const attempt = async (): Promise<string> => {
    if (!(await context.save())) throw new Problem(context.away() ? 0 : 409, "unsaved", "The draft is not saved, so it cannot be handed in yet. The save state at the top says why.");
    const body = JSON.stringify({ rev: context.rev(), outcome, reason: outcome === "refined" ? "" : reason.value.trim() } satisfies SubmitBody);
    try {
      const answer = await call<{ url: string }>("POST", context.url, body, { headers: { "Idempotency-Key": keys.keyFor(context.scope, body) } });
      keys.settle(context.scope);
      return answer.url;
    } catch (problem) {
      // The key stays for a failure that may pass: the server may have taken the first try.
      if (problem instanceof Problem && !problem.passing) keys.settle(context.scope);
      throw problem;
    }
  };
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (busy) return;
    error.hidden = true;
    if (reason.value.trim().length < SHORTEST_REASON) {
      reason.focus();
      return refuse("Say why, in a sentence at least.");
    }
    setBusy(true);
    try {
      for (let tries = 1; dialog.open; tries++) {
        progress.textContent = tries === 1 ? "Sending…" : "The server is away. Trying again by itself; nothing is sent twice.";
        try {
          const url = await attempt();
          context.done();
          return location.assign(url);
        } catch (problem) {
          if (!(problem instanceof Problem)) throw problem;
          if (!problem.passing || tries >= MOST_TRIES) return refuse(said(problem));
          await pause(Math.min(5000, retryDelay(tries)));
        }
      }
    } finally {
      setBusy(false);
    }
  };
  const setBusy = (on: boolean): void => {
    busy = on;
    // Not disabled, which would drop the focus: a second press does nothing while one is under way.
    button.setAttribute("aria-disabled", String(on));
    button.classList.toggle("is-busy", on);
    reason.readOnly = on;
    for (const input of dialog.querySelectorAll<HTMLInputElement>("input[name=outcome]")) input.disabled = on;
    if (!on) progress.textContent = "";
  };

  dialog.append(
    h(
      "form",
      { method: "dialog", onsubmit: send },
      h("div", { class: "dialog-head" }, h("h2", { id: "submit-title" }, "Submit"), h("span", { class: "soft small" }, context.pay)),
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
        h("div", { class: "field" }, label, reason, hint),
        last,
        error,
      ),
      h("div", { class: "dialog-foot" }, progress, h("button", { type: "button", class: "btn", onclick: () => dialog.close() }, "Keep working"), button),
    ),
  );
  draw();
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(done, milliseconds);
    function done(): void {
      clearTimeout(timer);
      window.removeEventListener("online", done);
      resolve();
    }
    window.addEventListener("online", done);
  });
}

function said(problem: Problem): string {
  const details = problem.details.map((detail) => `${detail.where}: ${detail.what} ${detail.todo}`.trim());
  return [problem.message, ...details].join("\n");
}

const SIGNS = { ok: ["badge-ok", "Ready"], look: ["badge-warn", "Look"], bad: ["badge-bad", "Missing"] } as const;
/** More than these are counted, not listed. */
const MOST_FINDINGS = 5;

function drawPoint(point: Point, onJump: (to: Jump) => void, onOpen: (finding: Finding) => void): HTMLElement {
  const [tone, word] = SIGNS[point.tone];
  const { jump, findings = [] } = point;
  const more = findings.length - MOST_FINDINGS;
  return h(
    "li",
    {},
    h("span", { class: `badge ${tone}` }, findings.length ? "Blocks" : word),
    h("span", { class: "last-text" }, point.text),
    jump ? h("button", { type: "button", class: "btn btn-small", onclick: () => onJump(jump.to) }, jump.label) : null,
    findings.length
      ? h(
          "ul",
          { class: "last-findings" },
          ...findings.slice(0, MOST_FINDINGS).map((finding) =>
            h("li", {}, h("button", { type: "button", class: "link", onclick: () => onOpen(finding) }, finding.message), finding.path ? h("span", { class: "muted mono" }, ` ${finding.path}${finding.line ? `:${finding.line}` : ""}`) : null),
          ),
          more > 0 ? h("li", { class: "muted" }, `and ${more} more`) : null,
        )
      : null,
  );
}

function drawChanges(changes: ChangeSummary): HTMLElement {
  const words = { changed: "changed", added: "new", removed: "deleted" };
  return h(
    "details",
    { class: "last-files" },
    h("summary", {}, "What is sent, file by file"),
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "File"), h("th", { scope: "col" }, ""), h("th", { scope: "col", class: "num" }, "Lines"), h("th", { scope: "col", class: "num" }, "Size"))),
      h(
        "tbody",
        {},
        ...changes.files.map((file) =>
          h("tr", {}, h("td", { class: "mono" }, file.path), h("td", { class: "muted" }, words[file.change]), h("td", { class: "num" }, h("span", { class: "plus" }, `+${file.added}`), " ", h("span", { class: "minus" }, `−${file.removed}`)), h("td", { class: "num" }, file.change === "removed" ? "–" : formatBytes(file.bytes))),
        ),
      ),
    ),
  );
}
