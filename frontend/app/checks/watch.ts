/** Follows the checks of a saved draft to their end. Pure: what asks and what waits are given. */
import type { CheckReport } from "../lib/contract";
import { Problem } from "../lib/http";

const POLL = 1500;
/** A run takes under a minute; after this the page stops asking and says so. */
export const GIVE_UP = 3 * 60_000;

export interface WatchHooks {
  ask(rev: number): Promise<CheckReport>;
  /** A report came of what is followed now. */
  onReport(report: CheckReport): void;
  wait?(ms: number): Promise<void>;
}

/** `over`: something else is followed by now, and this has nothing to say. */
export type Outcome = "done" | "waiting" | "over";

export class Watch {
  private turn = 0;

  constructor(private readonly hooks: WatchHooks) {}

  /** Follow nothing any more: answers still on their way are of an earlier question, and are dropped. */
  stop(): void {
    this.turn += 1;
  }

  /** Look once, and follow what still runs. Throws the problem of a request that trying again cannot mend. */
  async look(rev: number): Promise<Outcome> {
    const turn = ++this.turn;
    const report = await this.hooks.ask(rev);
    if (turn !== this.turn) return "over";
    this.hooks.onReport(report);
    return report.done || report.runs.length === 0 ? "done" : this.poll(turn, rev);
  }

  /** Follow what was just begun. Throws as `look` does. */
  follow(rev: number): Promise<Outcome> {
    return this.poll(++this.turn, rev);
  }

  private async poll(turn: number, rev: number): Promise<Outcome> {
    const wait = this.hooks.wait ?? ((ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms)));
    for (let waited = 0; waited < GIVE_UP; waited += POLL) {
      await wait(POLL);
      let report: CheckReport | null = null;
      try {
        report = await this.hooks.ask(rev);
      } catch (error) {
        if (turn === this.turn && (!(error instanceof Problem) || !error.passing)) throw error;
      }
      if (turn !== this.turn) return "over";
      if (report) this.hooks.onReport(report);
      if (report?.done) return "done";
    }
    return "waiting";
  }
}
