/** The Ask panel of the bench: a question to the in-task model, its answer as it comes, and its pieces to take. */
import type { AssistLeft, AssistQuestion, AssistScope, AssistState, AssistTurn, AssistUrls, Files } from "../lib/contract";
import { announce, fill, find, h, plural } from "../lib/dom";
import { call, Problem } from "../lib/http";
import { lettersOn } from "../lib/shortcuts";
import { keep, load } from "../lib/store";
import { Asking, type AnswerLine } from "./asking";
import { card, type Piece } from "./cards";
import { hunksOf, placeOf } from "./hunks";

/** Last lines of the answer shown while it comes. */
const TAIL = 10;
/** Pause after an edit before the pieces' places are looked up again. */
const REDRAW = 400;

export interface Selection { path: string; first: number; last: number; empty: boolean }

export interface AskHooks {
  save(): Promise<boolean>;
  rev(): number;
  files(): Files;
  selection(): Selection | null;
  /** Put lines in the place of `count` lines from `first` on; the file is made when it is new. */
  replace(path: string, first: number, count: number, lines: string[]): void;
  look(path: string, line: number): void;
  onCount(text: string, tone: string): void;
  canEdit(): boolean;
}

export class AskPanel {
  private asking: Asking | null = null;
  private turn: AssistTurn | null = null;
  private pieces: Piece[] = [];
  private lines: AnswerLine[] = [];
  private last: AssistQuestion | null = null;
  private timer = 0;
  private readonly form = find<HTMLFormElement>("#ask-form");
  private readonly words = find<HTMLTextAreaElement>("#askwords");
  private readonly result = find("#ask-result");
  private readonly said = find("#ask-said");

  constructor(private readonly urls: AssistUrls, private readonly hooks: AskHooks) {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.ask();
    });
    this.form.addEventListener("change", () => this.drawForm());
    find("#ask-stop").addEventListener("click", () => this.asking?.cancel());
    this.result.addEventListener("keydown", (event) => this.key(event));
    this.drawForm();
    void this.open();
  }

  /** The cursor or the files moved: what a question would be about, and where pieces belong, moves along. */
  moved(): void {
    this.drawForm();
    clearTimeout(this.timer);
    if (!this.asking && this.pieces.some((piece) => piece.state === "open")) this.timer = window.setTimeout(() => this.drawPieces(), REDRAW);
  }

  focus(): void {
    this.words.focus();
  }

  private async open(): Promise<void> {
    try {
      const state = await call<AssistState>("GET", this.urls.assist);
      this.drawLeft(state.left);
      if (!this.asking && state.turn && load<number>(this.doneKey) !== state.turn.id && state.turn.status !== "failed") this.take(state.turn, false);
    } catch {
      // The panel works without it; limits are told by the next answer.
    }
  }

  /** What is left, as the server counts it: the lead may have changed the limits. */
  private async recount(): Promise<void> {
    try {
      this.drawLeft((await call<AssistState>("GET", this.urls.assist)).left);
    } catch {
      // The refusal itself said it.
    }
  }

  private get doneKey(): string {
    return `asked:${this.urls.assist}`;
  }

  private scope(): AssistScope {
    return new FormData(this.form).get("scope") as AssistScope;
  }

  private question(): AssistQuestion {
    const scope = this.scope();
    const chosen = this.hooks.selection();
    return {
      rev: this.hooks.rev(), scope, instruction: this.words.value,
      ...(chosen && (scope === "file" || scope === "selection") ? { path: chosen.path } : {}),
      ...(chosen && scope === "selection" ? { lines: [chosen.first, chosen.last] as [number, number] } : {}),
    };
  }

  private drawForm(): void {
    const chosen = this.hooks.selection();
    const files = Object.keys(this.hooks.files()).length;
    find("#ask-file").textContent = chosen ? chosen.path : "(open a file of yours first)";
    find("#ask-lines").textContent = chosen && !chosen.empty ? (chosen.first === chosen.last ? `line ${chosen.first}` : `lines ${chosen.first}–${chosen.last}`) : "(select some code first)";
    find("#ask-page").textContent = plural(files, "file");
    const enable = (scope: string, on: boolean): void => {
      const input = find<HTMLInputElement>(`input[value=${scope}]`, this.form);
      input.disabled = !on;
      if (!on && input.checked) find<HTMLInputElement>("input[value=page]", this.form).checked = true;
    };
    enable("file", chosen !== null);
    enable("selection", chosen !== null && !chosen.empty);
    this.words.required = this.scope() !== "fresh";
    find("#ask-label").textContent = this.scope() === "fresh" ? "Anything to say besides the prompt" : "What to change";
    find<HTMLButtonElement>("#ask").disabled = this.asking !== null || !this.hooks.canEdit();
  }

  private drawLeft(left: AssistLeft): void {
    find("#ask-left").textContent = left.requests ? `${plural(left.requests, "question")} left on this task, ${left.tokens.toLocaleString("en")} tokens` : "All questions of this task are used up";
  }

  /** Save, ask, and follow the answer to its end. */
  async ask(again: AssistQuestion | null = null): Promise<void> {
    if (this.asking || !this.hooks.canEdit()) return;
    if (!again && !this.form.reportValidity()) return;
    const question = again ?? this.question();
    this.clear();
    this.tell("Saving the draft…");
    const asking = new Asking(this.urls, {
      onWait: () => this.tell("Many people are asking at the moment. Yours waits its turn…"),
      onLines: (lines) => this.come(lines),
      onLeft: (left) => this.drawLeft(left),
    });
    this.asking = asking;
    this.busy(true);
    try {
      if (!(await this.hooks.save())) throw new Problem(0, "unsaved", "The draft could not be saved, so the model was not asked.");
      this.last = { ...question, rev: this.hooks.rev() };
      this.tell("The model is reading…");
      announce("The model is reading.");
      const ended = await asking.run(this.last);
      this.asking = null;
      if (ended) {
        this.drawLeft(ended.left);
        this.take(ended.turn, true, ended.retry_after);
      } else {
        this.clear();
        announce("Cancelled.");
      }
    } catch (error) {
      this.asking = null;
      const problem = error instanceof Problem ? error : new Problem(0, "fault", String(error));
      const wait = Number(problem.body["retry_after"] ?? 0);
      const details = problem.details.map((detail) => `${detail.where} ${detail.what}. ${detail.todo}`).join(" ");
      const before = problem.body["turn"];
      // A limit of the task, unlike one of the minute, does not pass.
      const spent = problem.code === "assist_limit" && !wait;
      if (typeof before === "number") this.fail(problem.message, 0, "Drop that one and ask this", () => void this.dropAndAsk(before));
      else this.fail([problem.message, details].filter(Boolean).join(" "), problem.passing && !spent ? wait : null);
      if (spent) void this.recount();
    } finally {
      this.asking = null;
      this.busy(false);
    }
  }

  /** Another question of this seat is open: end that one, then ask. */
  private async dropAndAsk(turn: number): Promise<void> {
    try {
      await call("POST", this.urls.assist_cancel, { turn });
    } catch {
      // It has ended meanwhile.
    }
    await this.ask(this.last);
  }

  private busy(on: boolean): void {
    const [ask, stop] = [find("#ask"), find("#ask-stop")];
    const held = document.activeElement === (on ? ask : stop);
    ask.hidden = on;
    stop.hidden = !on;
    this.drawForm();
    // A button that goes leaves the focus to the one in its place, which takes it only once it is enabled.
    if (held) (on ? stop : ask).focus();
    this.hooks.onCount(on ? "…" : "", "");
    if (!on) this.count();
  }

  private tell(text: string): void {
    this.said.className = "soft";
    fill(this.said, text);
  }

  private clear(): void {
    this.turn = null;
    this.pieces = [];
    this.lines = [];
    fill(this.said);
    fill(this.result);
  }

  private come(lines: AnswerLine[]): void {
    this.lines.push(...lines);
    const newest = this.lines.at(-1);
    if (!newest) return;
    this.tell(`Writing ${newest.path ?? "code"}: ${plural(this.lines.length, "line")}`);
    fill(this.result, h("pre", { class: "answer-tail", "aria-hidden": "true" }, this.lines.slice(-TAIL).map((line) => line.text).join("\n")));
  }

  /** Show an answer's pieces, and why it is not whole if it is not. */
  private take(turn: AssistTurn, fresh: boolean, wait: number | null = null): void {
    this.clear();
    this.turn = turn;
    const taken = new Set(turn.accepted.map(([path, line]) => `${line} ${path}`));
    this.pieces = turn.files.flatMap((file) =>
      hunksOf(file.path, file.before, file.text, file.partial).map((hunk): Piece => ({ hunk, before: file.before, state: taken.has(`${hunk.to} ${hunk.path}`) ? "taken" : "open" })),
    );
    const problems = turn.problems.map((problem) => `${problem.where} ${problem.what}. ${problem.todo}`).join(" ");
    if (turn.fault) this.fail([turn.said, this.pieces.length ? "What came can be used:" : "", problems].filter(Boolean).join(" "), wait ?? 0);
    else if (problems) this.fail(problems, null);
    else if (!this.pieces.length) this.tell("The model would change nothing.");
    this.drawPieces();
    if (fresh && this.pieces.length) announce(`${turn.fault ? turn.said : "The answer is there."} ${plural(this.pieces.length, "piece")} to look at.`);
  }

  /** Say what went wrong; with `wait` (seconds) it may be asked again. */
  private fail(text: string, wait: number | null, label = "Ask again", act = () => void this.ask(this.last)): void {
    this.said.className = "";
    const retry = wait === null || !this.last ? null : h("button", { type: "button", class: "btn btn-small", onclick: act }, label);
    if (retry && wait) {
      let left = Math.ceil(wait);
      const tick = (): void => {
        retry.disabled = left > 0;
        retry.textContent = left > 0 ? `Ask again in ${left} s` : "Ask again";
        if (left-- > 0 && retry.isConnected) setTimeout(tick, 1000);
      };
      setTimeout(tick);
    }
    fill(this.said, h("div", { class: "flash flash-warning" }, h("span", { class: "stack-tight" }, h("span", {}, text), retry)));
    announce(text);
  }

  private placeOf(piece: Piece): number | null {
    const taken = this.pieces.filter((other) => other.state === "taken" && other.hunk.path === piece.hunk.path).map((other) => other.hunk);
    return placeOf(piece.hunk, piece.before, taken, this.hooks.files()[piece.hunk.path]);
  }

  private drawPieces(): void {
    const open = this.pieces.filter((piece) => piece.state === "open");
    const taken = this.pieces.filter((piece) => piece.state === "taken").length;
    this.count();
    if (!this.pieces.length) return fill(this.result);
    const done = `${taken ? `${plural(taken, "piece")} taken` : "Nothing taken"}, ${this.pieces.length - taken - open.length} skipped.`;
    const actions = { take: (piece: Piece) => this.decide([piece], "taken"), skip: (piece: Piece) => this.decide([piece], "skipped"), look: (piece: Piece) => this.hooks.look(piece.hunk.path, this.placeOf(piece) ?? piece.hunk.at) };
    const focused = document.activeElement?.closest<HTMLElement>("[data-piece]")?.dataset["piece"];
    const act = (document.activeElement as HTMLElement | null)?.dataset["act"];
    fill(
      this.result,
      h("div", { class: "pieces-head" }, h("h2", {}, open.length ? `${plural(open.length, "piece")} to look at` : done),
        open.length ? h("div", { class: "row" }, h("button", { type: "button", class: "btn btn-small", id: "ask-all", onclick: () => this.decide(open, "taken") }, "Accept all"), h("button", { type: "button", class: "btn btn-small btn-quiet", id: "ask-none", onclick: () => this.decide(open, "skipped") }, "Skip all")) : null),
      h("ol", { class: "pieces" }, ...open.map((piece) => card(piece, this.placeOf(piece), this.pieces.indexOf(piece) + 1, actions))),
    );
    if (focused) this.result.querySelector<HTMLElement>(`[data-piece="${focused}"] [data-act="${act ?? "accept"}"]`)?.focus();
  }

  private count(): void {
    const open = this.pieces.filter((piece) => piece.state === "open").length;
    this.hooks.onCount(this.asking ? "…" : open ? String(open) : "", "");
  }

  private decide(pieces: Piece[], to: "taken" | "skipped"): void {
    const next = this.pieces.find((piece) => piece.state === "open" && !pieces.includes(piece) && this.pieces.indexOf(piece) > this.pieces.indexOf(pieces[0] as Piece)) ?? this.pieces.find((piece) => piece.state === "open" && !pieces.includes(piece));
    const noted: Piece[] = [];
    for (const piece of pieces) {
      if (to === "taken" && !this.put(piece)) continue;
      piece.state = to;
      if (to === "taken") noted.push(piece);
    }
    if (noted.length) void this.note(noted);
    const open = this.pieces.filter((piece) => piece.state === "open").length;
    if (!open && this.turn) keep(this.doneKey, this.turn.id);
    this.drawPieces();
    const target = next ? this.result.querySelector<HTMLElement>(`[data-piece="${this.pieces.indexOf(next) + 1}"] [data-act="accept"]:enabled, [data-piece="${this.pieces.indexOf(next) + 1}"] [data-act="skip"]`) : null;
    (target ?? this.words).focus();
    const left = open ? `${plural(open, "piece")} left.` : "No piece left.";
    announce(`${to === "taken" ? (noted.length ? "Taken." : "Not taken: you changed these lines since.") : "Skipped."} ${left}`);
  }

  /** Put a piece into the draft; false where its lines are not what they were. */
  private put(piece: Piece): boolean {
    const at = this.placeOf(piece);
    if (at === null) return false;
    this.hooks.replace(piece.hunk.path, at, piece.hunk.removed.length, piece.hunk.added);
    return true;
  }

  /** Tell the server which pieces were taken, so that their origin stays known. */
  private async note(pieces: Piece[], tries = 4): Promise<void> {
    const hunks = pieces.map(({ hunk }) => [hunk.path, hunk.to, hunk.added.length]);
    const turn = this.turn?.id;
    for (let n = 1; ; n++) {
      try {
        await call("POST", this.urls.assist_accept, { turn, hunks });
        return;
      } catch (error) {
        if (!(error instanceof Problem) || !error.passing || n === tries) return this.fail("Which pieces you took could not be noted. They are in your draft, and count as the model’s text.", null);
        await new Promise((resolve) => setTimeout(resolve, 2000 * n));
      }
    }
  }

  /** Inside the list, a accepts and s skips. */
  private key(event: KeyboardEvent): void {
    const number = (event.target as HTMLElement).closest<HTMLElement>("[data-piece]")?.dataset["piece"];
    const piece = this.pieces[Number(number) - 1];
    if (!piece || !lettersOn() || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "a" && this.placeOf(piece) !== null) this.decide([piece], "taken");
    else if (event.key === "s") this.decide([piece], "skipped");
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
