/** The lease on an assignment: its clock on the page, and the heartbeat that keeps it while somebody works. */
import { announce, h } from "./dom";
import { call, Problem } from "./http";
import { clockOffset, timeLeft } from "./time";

const BEAT_EVERY = 60_000;
/** Without a sign of life for this long the lease is left to run out, so that a forgotten tab blocks nobody. */
export const AWAY_AFTER = 10 * 60_000;
const SOON = 5 * 60_000;

export class Lease {
  private until: number | null;
  private offset = 0;
  private lastSeen = Date.now();
  private timers: number[] = [];
  private ended = false;
  private beating = false;
  private warned = false;
  private shown = "";

  constructor(private readonly el: HTMLElement, until: string | null, private readonly url: string, private readonly onLost: (problem: Problem | null) => void, private readonly onOpen?: () => void) {
    // With `onOpen` the clock is a button that shows the terms; without, plain text.
    this.until = until ? Date.parse(until) : null;
    if (this.until === null) {
      // Nothing is held, so there is nothing to keep.
      this.ended = true;
      return;
    }
    for (const type of ["keydown", "pointerdown", "pointermove", "focus"]) {
      window.addEventListener(type, () => this.seen(), { passive: true, capture: true });
    }
    this.timers = [window.setInterval(() => this.draw(), 1000), window.setInterval(() => void this.beat(), BEAT_EVERY)];
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) return;
      this.lastSeen = Date.now();
      void this.beat();
    });
    // Whoever works inside a pane leaves the page's own events silent: a focused frame counts as presence.
    window.addEventListener("blur", () => {
      if (document.activeElement?.tagName === "IFRAME") this.seen();
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

  /** How long the lease still runs, in milliseconds. */
  get left(): number {
    return this.until === null ? 0 : this.until - (Date.now() + this.offset);
  }

  async beat(): Promise<void> {
    if (this.ended || this.beating || this.away) return;
    const sent = Date.now();
    this.beating = true;
    try {
      const answer = await call<{ lease_until: string; now: string }>("POST", this.url, {});
      this.offset = clockOffset(answer.now, sent, Date.now());
      this.extend(answer.lease_until);
    } catch (error) {
      if (error instanceof Problem && error.code === "lease_lost") this.lose(error);
    } finally {
      this.beating = false;
    }
  }

  private get away(): boolean {
    return Date.now() - this.lastSeen > AWAY_AFTER;
  }

  /** A sign of life; after a long silence it renews the lease at once. */
  private seen(): void {
    const back = this.away;
    this.lastSeen = Date.now();
    if (back || this.left < SOON) void this.beat();
  }

  private lose(problem: Problem | null): void {
    if (this.ended) return;
    this.stop();
    this.say("badge-bad", "Lease ended", "");
    this.onLost(problem);
  }

  private draw(): void {
    if (this.ended || this.until === null) return;
    const left = this.left;
    if (left <= 0) {
      this.say("badge-warn", "Lease ran out", "");
      return;
    }
    const soon = left < SOON;
    if (soon && !this.warned) announce(`This task is yours for ${timeLeft(left)} more. Any key renews it.`);
    this.warned = soon;
    this.say(soon ? "badge-warn" : "badge-wait", `${timeLeft(left)} left`, this.away ? "You have been away, so the clock runs. Any key or movement renews it." : "This task is yours for this long. Working renews it.");
  }

  private say(tone: string, text: string, more: string): void {
    const all = `${tone} ${text} ${more}`;
    if (this.shown === all) return;
    this.shown = all;
    const badge = h("span", { class: `badge ${tone} tabular` }, text);
    const button = this.el.firstElementChild;
    if (!this.onOpen) {
      this.el.replaceChildren(badge);
      badge.title = more;
    } else if (button instanceof HTMLButtonElement) {
      // The same button all the time: redrawing it each second would throw the focus away.
      button.replaceChildren(badge);
      button.title = more;
    } else {
      this.el.replaceChildren(h("button", { type: "button", class: "badge-button", title: more, "aria-haspopup": "dialog", onclick: () => this.onOpen?.() }, badge));
    }
  }
}
