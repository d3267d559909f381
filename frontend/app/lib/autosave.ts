/** The autosave machine, pure: (state, event) -> state and what to do. The driver is bench/saver.ts. */

export type SaveStatus = "saved" | "dirty" | "saving" | "offline" | "conflict" | "refused" | "lost";

export interface SaveState {
  status: SaveStatus;
  /** The server's revision our text is based on. */
  rev: number;
  /** Counts local edits; `sent` is the edit that the running save carries, `kept` the last one the server has. */
  edits: number;
  sent: number;
  kept: number;
  attempts: number;
  /** When the oldest edit was made that no save carries yet, in milliseconds; null without one. */
  since: number | null;
  savedAt: string | null;
  /** Offline because the session is over, not because the server is away. */
  signedOut: boolean;
  message: string;
}

export type SaveEvent =
  | { type: "edit"; at: number }
  | { type: "due" }
  | { type: "flush" }
  | { type: "online" }
  | { type: "saved"; rev: number; savedAt: string; at: number }
  | { type: "unreachable"; message: string; signedOut?: boolean }
  | { type: "refused"; message: string }
  | { type: "conflict" }
  | { type: "resolved"; rev: number }
  | { type: "lost"; message: string };

export type SaveEffect = { do: "schedule"; after: number } | { do: "save" };

/** A pause in typing this long sends what was typed: with the round trip, saved within 2 s. */
export const SAVE_PAUSE = 1000;
/** Typing without a pause is sent all the same when its first edit is this old: with the round trip, within 5 s. */
export const SAVE_LONGEST = 3500;
const RETRY_FIRST = 1000;
const RETRY_LAST = 10_000;

export function initialSave(rev: number, savedAt: string | null): SaveState {
  return { status: "saved", rev, edits: 0, sent: 0, kept: 0, attempts: 0, since: null, savedAt, signedOut: false, message: "" };
}

/** Milliseconds before the n-th retry: doubling from one second to ten. */
export function retryDelay(attempts: number): number {
  return Math.min(RETRY_LAST, RETRY_FIRST * 2 ** Math.max(0, attempts - 1));
}

/** Whether the server lacks something that was written here. */
export function isUnsaved(state: SaveState): boolean {
  return state.edits > state.kept;
}

/** Milliseconds from `at` until a draft whose oldest unsent edit was made at `since` is sent. */
export function saveDelay(since: number, at: number): number {
  return Math.max(0, Math.min(SAVE_PAUSE, since + SAVE_LONGEST - at));
}

export function step(state: SaveState, event: SaveEvent): [SaveState, SaveEffect[]] {
  const stay = (): [SaveState, SaveEffect[]] => [state, []];
  const begin = (): [SaveState, SaveEffect[]] => [{ ...state, status: "saving", sent: state.edits, since: null, message: "" }, [{ do: "save" }]];
  switch (event.type) {
    case "edit": {
      const since = state.since ?? event.at;
      const edited = { ...state, edits: state.edits + 1, since };
      if (state.status !== "saved" && state.status !== "refused" && state.status !== "dirty") return [edited, []];
      return [{ ...edited, status: "dirty", message: "" }, [{ do: "schedule", after: saveDelay(since, event.at) }]];
    }
    case "due":
    case "flush":
      return state.status === "dirty" || state.status === "offline" ? begin() : stay();
    case "online":
      return state.status === "offline" ? begin() : stay();
    case "saved": {
      if (state.status !== "saving") return stay();
      const kept = { ...state, rev: event.rev, savedAt: event.savedAt, kept: state.sent, attempts: 0, message: "" };
      if (state.edits === state.sent) return [{ ...kept, status: "saved" }, []];
      return [{ ...kept, status: "dirty" }, [{ do: "schedule", after: saveDelay(state.since ?? event.at, event.at) }]];
    }
    case "unreachable": {
      if (state.status !== "saving") return stay();
      const attempts = state.attempts + 1;
      return [{ ...state, status: "offline", attempts, signedOut: event.signedOut ?? false, message: event.message }, [{ do: "schedule", after: retryDelay(attempts) }]];
    }
    case "refused":
      return state.status === "saving" ? [{ ...state, status: "refused", message: event.message }, []] : stay();
    case "conflict":
      return state.status === "lost" ? stay() : [{ ...state, status: "conflict" }, []];
    case "resolved":
      if (state.status !== "conflict") return stay();
      return [{ ...state, status: "dirty", rev: event.rev, edits: state.edits + 1 }, [{ do: "schedule", after: 0 }]];
    case "lost":
      return [{ ...state, status: "lost", message: event.message }, []];
  }
}
