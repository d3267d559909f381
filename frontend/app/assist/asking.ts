/** One question on its way: asked, waited for, followed to its end, or cancelled. Knows no DOM. */
import type { AssistLeft, AssistQuestion, AssistTurn, AssistUrls } from "../lib/contract";
import { call, Problem } from "../lib/http";
import { IdempotencyKeys } from "../lib/idempotency";
import { follow } from "./stream";

/** A question that finds every slot taken asks again for so long. */
const PATIENCE = 25_000;

export interface AnswerLine { path: string | null; text: string }
export interface Ended { turn: AssistTurn; left: AssistLeft; retry_after: number | null }

export interface AskingHooks {
  onWait(): void;
  onLines(lines: AnswerLine[]): void;
  onLeft(left: AssistLeft): void;
}

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export class Asking {
  private readonly abort = new AbortController();
  private readonly keys = new IdempotencyKeys(sessionStorage);
  private turn: number | null = null;

  constructor(private readonly urls: AssistUrls, private readonly hooks: AskingHooks) {}

  /** The end of the answer; null when it was cancelled. Throws Problem. */
  async run(question: AssistQuestion): Promise<Ended | null> {
    const body = JSON.stringify(question);
    const asked = await call<{ turn: number; left: AssistLeft }>("POST", this.urls.assist, body, { headers: { "Idempotency-Key": this.keys.keyFor(this.urls.assist, body) } });
    this.keys.settle(this.urls.assist);
    this.turn = asked.turn;
    this.hooks.onLeft(asked.left);
    if (this.abort.signal.aborted) return this.cancelled();
    const ended = await this.fetch(asked.turn);
    return this.abort.signal.aborted ? this.cancelled() : ended;
  }

  /** Stop now. What came is thrown away here; the server counts it as spent. */
  cancel(): void {
    this.abort.abort();
  }

  private async cancelled(): Promise<null> {
    try {
      const told = await call<{ left: AssistLeft }>("POST", this.urls.assist_cancel, { turn: this.turn });
      this.hooks.onLeft(told.left);
    } catch {
      // It had ended by then, or the hang-up ended it.
    }
    return null;
  }

  private async fetch(turn: number): Promise<Ended | null> {
    const since = Date.now();
    for (;;) {
      try {
        return await this.once(turn);
      } catch (error) {
        const busy = error instanceof Problem && error.code === "assist_busy";
        if (!busy || Date.now() - since > PATIENCE) throw error;
        this.hooks.onWait();
        await sleep(1000 * Number(error.body["retry_after"] ?? 2));
        if (this.abort.signal.aborted) return null;
      }
    }
  }

  private async once(turn: number): Promise<Ended | null> {
    let ended: Ended | null = null;
    await follow(this.urls.assist_stream, { turn }, this.abort.signal, ({ name, data }) => {
      if (name === "lines") this.hooks.onLines((data as { lines: AnswerLine[] }).lines);
      if (name === "end") ended = data as Ended;
    });
    if (!ended && !this.abort.signal.aborted) throw new Problem(0, "broken_off", "The connection broke off while the answer came. Ask again.");
    return ended;
  }
}
