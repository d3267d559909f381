/** Frames of one origin may share a process, and then hang together: all of them must go before that process ends. */

/** How long frames have to answer when one of them has fallen silent, in milliseconds. */
const LAST_CALL = 500;
/** How long the process of a page that hung takes to end once its frames are gone, in milliseconds, with room. */
const PROCESS_END = 800;

export interface Housemate {
  readonly running: boolean;
  /** When it was last shown or pointed at, by the page's clock. */
  readonly touched: number;
  /** Ask for a sign of life now; returns a question for later: was there one? */
  ask(): () => boolean;
  /** Whether the page before may be what holds this one. */
  mayBeInnocent(now: number): boolean;
  /** Be the one that hung. */
  hang(): void;
  /** Stop with the one that hung, and start again without it. */
  stepAside(now: number): void;
}

/** How long a page that was stopped may still hold the process it shared, in milliseconds, on a crowded machine. */
const AFTERLIFE = 10_000;

let clearAt = 0;
let stoppedAt = -Infinity;
let asking = false;

/** Milliseconds until a new frame may start: one placed while the process of a page that hung still lives would hang with it. */
export function untilClear(): number {
  return clearAt - performance.now();
}

/** A page was stopped for what it did: others that fall silent soon after may suffer from its unfinished work. */
export function wasStopped(): void {
  stoppedAt = performance.now();
}

/**
 * Stop what fell silent. The one last shown or pointed at is taken for the cause; the others start again. So does one
 * that had just taken another page's place: of that one's unfinished work, such as filters upon filters, the new page
 * cannot help being silent.
 */
export function stopSilent(first: Housemate, all: Iterable<Housemate>, now: number): void {
  if (asking) return;
  asking = true;
  const others = [...all].filter((one) => one !== first && one.running).map((one) => ({ one, answered: one.ask() }));
  const answered = first.ask();
  window.setTimeout(() => {
    asking = false;
    if (answered()) return;
    clearAt = performance.now() + PROCESS_END;
    const silent = [first, ...others.filter((other) => !other.answered()).map(({ one }) => one)];
    const cause = silent.reduce((last, one) => (one.touched > last.touched ? one : last));
    for (const one of silent) {
      if (one === cause && now - stoppedAt > AFTERLIFE && !one.mayBeInnocent(now)) one.hang();
      else one.stepAside(now);
    }
  }, LAST_CALL);
}
