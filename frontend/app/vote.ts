/** Comparing two pages blind: both appear together, one judgement, no word of what they are. */
import type { CompareData, VoteBody } from "./lib/contract";
import { announce, fill, find, h, readJson } from "./lib/dom";
import { call, Problem } from "./lib/http";
import { IdempotencyKeys } from "./lib/idempotency";
import { Lease } from "./lib/lease";
import { askRelease } from "./lib/release";
import { shortcut } from "./lib/shortcuts";
import { Board } from "./panes/board";
import { widthControl } from "./panes/tools";
import { makeScale, STEPS, stepWord } from "./vote/scale";
import { Stopwatch } from "./vote/stopwatch";

/** A page that never finishes loading must not hold the other back for ever. */
const REVEAL_AFTER = 8000;

const data = readJson<CompareData>("compare-data");
const active = data.assignment.status === "active";
const scope = `vote:${data.assignment.id}`;
const keys = new IdempotencyKeys(localStorage);
const watch = new Stopwatch();
const loaded = new Set<string>();
let bothBad = false;

const board = new Board(find("#panes"), {
  origin: data.preview.origin, consoles: false,
  panes: [
    { key: "a", label: "A", tone: "side-a", title: "Page A" },
    { key: "b", label: "B", tone: "side-b", title: "Page B" },
  ],
  onLoaded: (key) => {
    loaded.add(key);
    if (loaded.size === 2) reveal();
  },
});
const button = find<HTMLButtonElement>("#send");
const error = find("#vote-error");
const overall = makeScale({ name: "choice", legend: "Which page is better?", big: true, onChange: draw });
const criteria = data.criteria.map((criterion) => ({ slug: criterion.slug, scale: makeScale({ name: `criterion-${criterion.slug}`, legend: criterion.name, hint: criterion.question, big: false, onChange: draw }) }));
const lease = new Lease(find("#lease"), active ? data.assignment.lease_until : null, data.urls.heartbeat, () => {
  lease.stop();
  button.disabled = true;
  fill(find("#notices"), h("div", { class: "flash flash-error", role: "alert" }, h("span", {}, "The lease on this comparison ended. Nothing was sent."), h("a", { class: "btn btn-small push", href: data.urls.queue }, "Back to the queue")));
});

function reveal(): void {
  const stage = find("#stage");
  if (!stage.classList.contains("is-waiting")) return;
  stage.classList.remove("is-waiting");
  watch.start(!document.hidden);
  announce("Both pages are shown.");
}

/** On a narrow screen one page is on show at a time. */
function show(side: "a" | "b"): void {
  find("#stage").dataset["side"] = side;
  for (const tab of document.querySelectorAll<HTMLButtonElement>("#sides [data-side]")) tab.setAttribute("aria-pressed", String(tab.dataset["side"] === side));
}

function draw(): void {
  overall.disable(bothBad);
  const ready = bothBad || overall.value !== null;
  button.disabled = !ready || !active;
  button.textContent = ready ? "Send and go on" : "Choose first";
}

function setBothBad(on: boolean): void {
  bothBad = on;
  find<HTMLInputElement>("#both-bad").checked = on;
  draw();
}

async function send(event: Event): Promise<void> {
  event.preventDefault();
  if (button.disabled) return;
  button.disabled = true;
  error.hidden = true;
  const rated = criteria.filter((criterion) => criterion.scale.value !== null).map((criterion) => [criterion.slug, criterion.scale.value ?? 0] as const);
  const vote: VoteBody = { choice: bothBad ? 0 : (overall.value ?? 0), both_bad: bothBad, criteria: Object.fromEntries(rated), seconds: seconds() };
  const body = JSON.stringify(vote);
  try {
    const answer = await call<{ url?: string } | null>("POST", data.urls.vote, body, { headers: { "Idempotency-Key": keys.keyFor(scope, body) } });
    keys.settle(scope);
    location.assign(answer?.url ?? data.urls.queue);
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    if (!problem.passing) keys.settle(scope);
    error.hidden = false;
    error.textContent = problem.passing ? `${problem.message} Press again: a vote counts once only.` : problem.message;
    button.disabled = false;
    // A retry must be the same request, so the clock stops with the first try.
    frozen ??= vote.seconds;
  }
}

let frozen: number | null = null;
function seconds(): number {
  return frozen ?? watch.seconds();
}

function start(): void {
  find("#width").append(widthControl(board));
  find("#overall").append(overall.el);
  fill(find("#criteria"), ...criteria.map((criterion) => criterion.scale.el));
  const detail = find<HTMLDetailsElement>("#criteria-box");
  detail.hidden = criteria.length === 0;
  // On a low window the pages need the room more.
  detail.open = innerHeight >= 900 || innerWidth <= 900;
  find("#vote-form").addEventListener("submit", (event) => void send(event));
  find<HTMLInputElement>("#both-bad").addEventListener("change", (event) => setBothBad((event.target as HTMLInputElement).checked));
  find("#reload-all").addEventListener("click", () => board.reload());
  find("#release").addEventListener("click", () => askRelease({ url: data.urls.release, queue: data.urls.queue, note: "The comparison goes back to the queue. Nothing is counted." }));
  for (const tab of document.querySelectorAll<HTMLButtonElement>("#sides [data-side]")) tab.addEventListener("click", () => show(tab.dataset["side"] === "b" ? "b" : "a"));
  document.addEventListener("visibilitychange", () => watch.visible(!document.hidden));
  shortcut(
    ...STEPS.map((step, index) => ({
      keys: String(index + 1),
      say: stepWord(step),
      run: () => {
        setBothBad(false);
        overall.set(step);
        overall.focus();
        draw();
      },
    })),
    { keys: "x", say: "Both are bad", run: () => setBothBad(!bothBad) },
    { keys: "a", say: "Show A alone, or both again", run: () => (show("a"), board.toggleFocus("a")) },
    { keys: "b", say: "Show B alone, or both again", run: () => (show("b"), board.toggleFocus("b")) },
    { keys: "w", say: "Next page width", run: () => board.cycleWidth() },
    { keys: "r", say: "Reload both", run: () => board.reload() },
    { keys: "Mod+Enter", say: "Send", typing: true, run: () => find<HTMLFormElement>("#vote-form").requestSubmit() },
  );
  show("a");
  draw();
  setTimeout(reveal, REVEAL_AFTER);
  void board.show("a", data.a.files, data.framework);
  void board.show("b", data.b.files, data.framework);
}

start();
