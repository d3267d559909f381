/** Drives the autosave machine: timers, requests, and the copy kept in this browser. */
import { initialSave, isUnsaved, step, type SaveEvent, type SaveState } from "../lib/autosave";
import type { Draft, DraftBody, DraftSaved } from "../lib/contract";
import type { CopyStore } from "../lib/copystore";
import { call, Problem } from "../lib/http";
import { printOf } from "../lib/localcopy";

export interface SaverHooks {
  /** The draft as it is now, without its revision. */
  read(): Omit<DraftBody, "rev">;
  onState(state: SaveState, keptHere: boolean): void;
  onSaved(saved: DraftSaved): void;
  onConflict(theirs: Draft): void;
  onLost(problem: Problem): void;
}

const LOCAL_DELAY = 250;

export class Saver {
  private state: SaveState;
  private timer = 0;
  private localTimer = 0;
  private keptHere = true;
  private over = false;
  private sending: string | null = null;
  private waiting: ((saved: boolean) => void)[] = [];

  constructor(private readonly url: string, private readonly seat: string, draft: Draft, private readonly copies: CopyStore, private readonly hooks: SaverHooks) {
    this.state = initialSave(draft.rev, draft.saved_at);
    hooks.onState(this.state, this.keptHere);
    window.addEventListener("online", () => this.send({ type: "online" }));
    document.addEventListener("visibilitychange", () => document.hidden && this.leave());
    window.addEventListener("pagehide", () => this.leave());
    window.addEventListener("beforeunload", (event) => {
      // With a copy in this browser nothing is lost by leaving.
      if (isUnsaved(this.state) && !this.keptHere) event.preventDefault();
    });
  }

  get rev(): number {
    return this.state.rev;
  }

  get status(): SaveState["status"] {
    return this.state.status;
  }

  /** Something was edited. */
  edited(): void {
    this.send({ type: "edit", at: Date.now() });
    if (!this.localTimer) this.localTimer = window.setTimeout(() => void this.keepLocal(), LOCAL_DELAY);
  }

  /** Take what stands on the page as edits on top of the server's revision. */
  resolved(rev: number): void {
    this.send({ type: "resolved", rev });
    void this.keepLocal();
  }

  conflict(): void {
    this.send({ type: "conflict" });
  }

  lost(message: string): void {
    this.send({ type: "lost", message });
  }

  /** Save now; true when the server has everything. */
  flush(): Promise<boolean> {
    if (!isUnsaved(this.state) && this.state.status === "saved") return Promise.resolve(true);
    if (this.state.status === "conflict" || this.state.status === "lost") return Promise.resolve(false);
    const answer = new Promise<boolean>((resolve) => this.waiting.push(resolve));
    if (this.state.status === "refused") this.send({ type: "edit", at: Date.now() });
    this.send({ type: "flush" });
    return answer;
  }

  /** Drop the copy in this browser: the work has been handed in or given back. */
  done(): void {
    this.over = true;
    clearTimeout(this.localTimer);
    clearTimeout(this.timer);
    this.copies.forget();
  }

  private leave(): void {
    if (!isUnsaved(this.state) || this.over) return;
    void this.keepLocal();
    this.send({ type: "flush" });
  }

  private async keepLocal(): Promise<void> {
    clearTimeout(this.localTimer);
    this.localTimer = 0;
    if (this.over) return;
    const kept = await this.copies.keep({ ...this.hooks.read(), rev: this.state.rev, at: Date.now(), seat: this.seat, sending: this.sending });
    if (kept === this.keptHere) return;
    this.keptHere = kept;
    this.hooks.onState(this.state, kept);
  }

  private send(event: SaveEvent): void {
    const [next, effects] = step(this.state, event);
    this.state = next;
    for (const effect of effects) {
      clearTimeout(this.timer);
      if (effect.do === "schedule") this.timer = window.setTimeout(() => this.send({ type: "due" }), effect.after);
      else void this.put();
    }
    this.hooks.onState(this.state, this.keptHere);
    this.settleWaiting();
  }

  /** Waiters hear of the first outcome: true when all is saved, false when it cannot be now. */
  private settleWaiting(): void {
    const { status } = this.state;
    if (status === "saving" || this.waiting.length === 0) return;
    if (status === "dirty") return this.send({ type: "flush" });
    const waiting = this.waiting;
    this.waiting = [];
    for (const resolve of waiting) resolve(status === "saved");
  }

  private async put(): Promise<void> {
    const body: DraftBody = { ...this.hooks.read(), rev: this.state.rev };
    this.sending = printOf(body);
    void this.keepLocal();
    try {
      const saved = await call<DraftSaved>("PUT", this.url, body, { keepalive: document.hidden });
      this.sending = null;
      this.send({ type: "saved", rev: saved.rev, savedAt: saved.saved_at, at: Date.now() });
      if (isUnsaved(this.state)) {
        void this.keepLocal();
      } else {
        clearTimeout(this.localTimer);
        this.localTimer = 0;
        this.copies.forget();
      }
      this.hooks.onSaved(saved);
    } catch (error) {
      this.fail(error instanceof Problem ? error : new Problem(0, "unknown", String(error)));
    }
  }

  private fail(problem: Problem): void {
    if (problem.code === "stale_draft" && problem.body["theirs"]) {
      this.send({ type: "conflict" });
      void this.keepLocal();
      this.hooks.onConflict(problem.body["theirs"] as Draft);
    } else if (problem.code === "lease_lost") {
      void this.keepLocal();
      this.send({ type: "lost", message: problem.message });
      this.hooks.onLost(problem);
    } else if (problem.passing || problem.code === "signed_out") {
      this.send({ type: "unreachable", message: problem.message, signedOut: problem.code === "signed_out" });
    } else {
      const first = problem.details[0];
      this.send({ type: "refused", message: first ? `${first.where}: ${first.what} ${first.todo}`.trim() : problem.message });
    }
  }
}
