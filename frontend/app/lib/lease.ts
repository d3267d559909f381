/** The lease on an assignment: its clock on the page, and the heartbeat that keeps it while somebody works. */
import { h } from "./dom";
import { call, Problem } from "./http";
import { clockOffset, timeLeft } from "./time";

const BEAT_EVERY = 60_000;
/** Without a sign of life for this long the lease is left to run out, so that a forgotten tab blocks nobody. */
const AWAY_AFTER = 10 * 60_000;
const SOON = 5 * 60_000;

export class Lease {
  private until: number | null;
  private offset = 0;
  private lastSeen = Date.now();
  private timers: number[] = [];
  private ended = false;

  constructor(
    private readonly el: HTMLElement,
    until: string | null,
    private readonly url: string,
    private readonly onLost: (problem: Problem | null) => void,
  ) {
    this.until = until ? Date.parse(until) : null;
    if (this.until === null) {
      // Nothing is held, so there is nothing to keep.
      this.ended = true;
      return;
    }
    for (const type of ["keydown", "pointerdown", "pointermove", "focus"]) {
      window.addEventListener(type, () => (this.lastSeen = Date.now()), { passive: true, capture: true });
    }
    this.timers = [window.setInterval(() => this.draw(), 1000), window.setInterval(() => void this.beat(), BEAT_EVERY)];
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) return;
      this.lastSeen = Date.now();
      void this.beat();
    });
    // Whoever works inside a pane leaves the page's own events silent: a focused frame counts as presence.
    window.addEventListener("blur", () => {
      if (document.activeElement?.tagName === "IFRAME") this.lastSeen = Date.now();
    });
    this.draw();
    void this.beat();
  }

  /** A longer lease, as told by any answer of the server. */
  extend(until: string): void {
    const parsed = Date.parse(until);
    if (!Number.isNaN(parsed)) this.until = parsed;
    this.draw();
  }

  stop(): void {
    this.ended = true;
    this.timers.forEach((timer) => clearInterval(timer));
  }

  async beat(): Promise<void> {
    if (this.ended || Date.now() - this.lastSeen > AWAY_AFTER) return;
    const sent = Date.now();
    try {
      const answer = await call<{ lease_until: string; now: string }>("POST", this.url, {});
      this.offset = clockOffset(answer.now, sent, Date.now());
      this.extend(answer.lease_until);
    } catch (error) {
      if (error instanceof Problem && error.code === "lease_lost") this.lose(error);
    }
  }

  private lose(problem: Problem | null): void {
    if (this.ended) return;
    this.stop();
    this.el.replaceChildren(h("span", { class: "badge badge-bad" }, "Lease ended"));
    this.onLost(problem);
  }

  private draw(): void {
    if (this.ended || this.until === null) return;
    const left = this.until - (Date.now() + this.offset);
    if (left <= 0) return void this.el.replaceChildren(h("span", { class: "badge badge-warn" }, "Lease ran out"));
    const soon = left < SOON;
    const text = `${timeLeft(left)} left`;
    if (this.el.textContent === text) return;
    this.el.replaceChildren(h("span", { class: soon ? "badge badge-warn tabular" : "badge badge-wait tabular", title: "This task is yours for this long; working renews it." }, text));
  }
}
