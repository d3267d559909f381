/** What the pane and its frame say to each other. Everything a frame says is untrusted: see `readReport`. */

export interface Snapshot {
  local: Record<string, string>;
  session: Record<string, string>;
  cookies: Record<string, string>;
}

/** The one window message a frame accepts; a port comes with it. */
export interface LoadMessage {
  hillclimb: "load";
  html: string;
  state: Snapshot;
}

/** A highlight outlines the first element that matches; an empty selector takes the outline away. */
export type PaneSays = { say: "ping"; beat: number } | { say: "highlight"; selector: string };

export type Level = "log" | "info" | "debug" | "warn" | "error";
export type Caught = "dialog" | "download" | "clipboard" | "link" | "form" | "window" | "network" | "blocked" | "history" | "fullscreen" | "other";

export type FrameSays =
  | { say: "ready" }
  | { say: "loaded" }
  | { say: "leaving" }
  | { say: "pong"; beat: number }
  | { say: "highlighted"; found: boolean }
  | { say: "console"; level: Level; message: string }
  | { say: "error"; message: string; source: string; line: number }
  | { say: "caught"; what: Caught; message: string; page: string }
  | { say: "dialog"; kind: "alert" | "confirm" | "prompt"; message: string; answer: string }
  | { say: "state"; area: "local" | "session" | "cookies"; changes: [string, string | null][] };

export const LONGEST = 4000;
/** Characters of kept state per pane; what a browser gives one site. */
export const STATE_LIMIT = 5_000_000;
/** Keys that one message may change. */
const CHANGES_LIMIT = 5000;

const LEVELS: readonly Level[] = ["log", "info", "debug", "warn", "error"];
const CAUGHT: readonly Caught[] = ["dialog", "download", "clipboard", "link", "form", "window", "network", "blocked", "history", "fullscreen", "other"];

/** Check and copy a message from a frame; null when it is not one of ours. */
export function readReport(data: unknown): FrameSays | null {
  if (typeof data !== "object" || data === null) return null;
  const given = data as Record<string, unknown>;
  const text = (name: string, longest = LONGEST) => (typeof given[name] === "string" ? given[name].slice(0, longest) : "");
  const count = (name: string) => (typeof given[name] === "number" && Number.isSafeInteger(given[name]) ? given[name] : 0);
  switch (given.say) {
    case "ready":
    case "loaded":
    case "leaving":
      return { say: given.say };
    case "pong":
      return { say: "pong", beat: count("beat") };
    case "highlighted":
      return { say: "highlighted", found: given.found === true };
    case "console":
      return { say: "console", level: LEVELS.find((level) => level === given.level) ?? "log", message: text("message") };
    case "error":
      return { say: "error", message: text("message"), source: text("source", 300), line: count("line") };
    case "caught":
      return { say: "caught", what: CAUGHT.find((what) => what === given.what) ?? "other", message: text("message", 500), page: text("page", 300) };
    case "dialog": {
      const kind = given.kind === "confirm" || given.kind === "prompt" ? given.kind : "alert";
      return { say: "dialog", kind, message: text("message"), answer: text("answer", 500) };
    }
    case "state": {
      const area = given.area === "session" || given.area === "cookies" ? given.area : "local";
      return { say: "state", area, changes: readChanges(given.changes) };
    }
    default:
      return null;
  }
}

function readChanges(given: unknown): [string, string | null][] {
  if (!Array.isArray(given)) return [];
  return given.slice(0, CHANGES_LIMIT).flatMap((change: unknown): [string, string | null][] => {
    if (!Array.isArray(change) || typeof change[0] !== "string") return [];
    return [[change[0].slice(0, 1000), typeof change[1] === "string" ? change[1].slice(0, STATE_LIMIT) : null]];
  });
}
