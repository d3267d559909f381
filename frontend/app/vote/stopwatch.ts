/** Counts the seconds a page was looked at: only while visible, only after it was started. Pure but for its clock. */

export class Stopwatch {
  private total = 0;
  private since: number | null = null;
  private started = false;

  constructor(private readonly now: () => number = () => performance.now()) {}

  start(visible = true): void {
    this.started = true;
    this.visible(visible);
  }

  visible(on: boolean): void {
    if (!this.started) return;
    if (on && this.since === null) this.since = this.now();
    if (!on && this.since !== null) {
      this.total += this.now() - this.since;
      this.since = null;
    }
  }

  /** Whole seconds so far. */
  seconds(): number {
    const running = this.since === null ? 0 : this.now() - this.since;
    return Math.round((this.total + running) / 1000);
  }
}
