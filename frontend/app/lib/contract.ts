/** The shapes that pass between the pages and the server. One file, so that both sides can be read against it. */

export type Files = Record<string, string>;
export type Framework = "html" | "react";
/** Seven steps: -3 the first side is much better, 0 no difference, +3 the second side is much better. */
export type Step = -3 | -2 | -1 | 0 | 1 | 2 | 3;

export interface Criterion { slug: string; name: string; question: string }
export interface Rule { code: string; text: string }
export interface FileSide { files: Files }

export interface Finding {
  code: string;
  severity: "error" | "warning" | "note";
  message: string;
  fix?: string;
  path?: string;
  line?: number | null;
  width?: number | null;
  selector?: string;
}

export type RunStatus = "queued" | "running" | "passed" | "warned" | "failed" | "infra_error";
export type Role = "refined" | "base" | "rival";
export type ScreenshotSet = Partial<Record<Role, string>>;
/** Boxes are in pixels of the screenshot of that width. */
export interface Box { x: number; y: number; width: number; height: number }
export interface Mark extends Box { kind: "overflow" | "clipped" | "overlap"; selector: string; other: string; text: string }
export interface Tried {
  actions: number; errors: number; dead: number; busy: number; shift: number; hung: boolean; at: string;
  steps: { kind: string; label: string; selector: string; effects: string[]; dead: boolean; busy: boolean }[];
  broken: { text: string; after: string; path: string; line: number | null }[];
}
/** A run of code that both sides have: where it stands on either, and how it begins there. */
export interface Passage { path: string; first: number; last: number; other_path: string; other_first: number; other_last: number; tokens: number; text: string; other_text: string }
/** What is near the refinement, and how near: 0 to 1. Sent to who judges, never to the author. */
export interface Matches {
  rival?: { share: number; base_share: number | null; passages: Passage[] };
  submission?: { number: number; share: number; whole: number; same_prompt: boolean; others: [number, number][]; passages: Passage[] };
}
export interface Evidence {
  matches?: Matches;
  screenshots?: Record<string, ScreenshotSet>;
  differences?: Record<string, { share: number; regions: Box[] }>;
  marks?: Partial<Record<Role, Record<string, Mark[]>>>;
  interaction?: Partial<Record<Role, Tried>>;
}
export interface CheckRun {
  check: string;
  status: RunStatus;
  outcome?: "pass" | "warn" | "fail" | "" | null;
  /** What a failure means in this project. */
  policy?: "block" | "warn" | "off";
  summary: string;
  findings: Finding[];
  evidence?: Evidence | null;
}
/** GET urls.checks?rev=N; POST urls.checks {rev} starts a run. */
/** `expected`: how long until they are done, in words, while they run and where enough is known. */
export interface CheckReport { rev: number | null; done: boolean; runs: CheckRun[]; expected?: string | null }

export interface DraftBody {
  rev: number;
  files: Files;
  rationale: string;
  /** Criterion slug to 1..5: how well the refinement meets it, in its author's own eyes. */
  ratings: Record<string, number>;
}
export interface Draft extends DraftBody {
  saved_at: string | null;
  /** At revision 0: the version of an earlier seat on this task that it was taken from. */
  seeded_from?: { seat: number; rev: number };
}
/** One line of GET urls.versions?before=REV: sizes in bytes, which paths differ from the version kept before it, and how many between are kept no longer. */
export interface DraftVersionLine { rev: number; saved_at: string; files: number; bytes: number; changed_files: string[]; forgotten: number }
/** Newest first. `next` is the address of the page after, null on the last; one version is at urls.versions/REV, a Draft. */
export interface DraftVersions { versions: DraftVersionLine[]; next: string | null }
export interface DraftSaved { rev: number; saved_at: string; lease_until: string }

export interface Assignment {
  id: string | number;
  status: string;
  lease_until: string | null;
  quote_minor?: number | null;
  currency?: string;
  round?: number;
}
export interface PromptInfo { text: string; tags?: string[]; framework: Framework }
export interface PreviewInfo { origin: string }

export interface Feedback { decision: string; notes: string; findings?: (Finding | string)[] }

/** What the Ask panel is told; GET urls.assist answers AssistState. Lines are counted from 1. */
export interface AssistUrls { assist: string; assist_stream: string; assist_cancel: string; assist_accept: string }
export interface AssistLeft { requests: number; tokens: number }
export type AssistScope = "fresh" | "page" | "file" | "selection";
/** POST urls.assist, with an Idempotency-Key header. Answer: {turn, left}. */
export interface AssistQuestion { rev: number; scope: AssistScope; path?: string; lines?: [number, number]; instruction: string }
export interface AssistFile { path: string; text: string; before: string | null; partial: boolean }
export interface AssistTurn extends Omit<AssistQuestion, "rev" | "path" | "lines"> {
  id: number;
  status: "asked" | "streaming" | "answered" | "cut_off" | "failed" | "cancelled";
  fault: string | null;
  said: string;
  path: string | null;
  lines: [number, number] | null;
  files: AssistFile[];
  problems: { where: string; what: string; todo: string }[];
  /** Pieces taken: path, and first line in the answer's file. */
  accepted: [string, number][];
}
export interface AssistState { left: AssistLeft; turn: AssistTurn | null }

export interface BenchData {
  assignment: Assignment;
  project: { name: string };
  /** pay_after_days: work that nobody reviewed for so long is paid all the same; 0 = never. */
  terms: { task: number; lease_minutes: number; pay_after_days: number };
  prompt: PromptInfo;
  guideline: { version: number | string; html: string };
  rules: Rule[];
  criteria: Criterion[];
  base: FileSide | null;
  rival: FileSide | null;
  feedback: Feedback | null;
  draft: Draft;
  limits: { files: number; bytes: number };
  preview: PreviewInfo;
  /** Null where there is no model to ask. */
  assist: AssistUrls | null;
  urls: { draft: string; versions: string; heartbeat: string; release: string; submit: string; checks: string; queue: string };
}

export type SubmitOutcome = "refined" | "already_beats" | "cannot_beat";
/** POST urls.submit, with an Idempotency-Key header. Answer: {url}. */
export interface SubmitBody { rev: number; outcome: SubmitOutcome; reason: string }

export interface ReviewData {
  submission: {
    id: string | number;
    outcome: SubmitOutcome;
    rationale: string;
    ratings: Record<string, number>;
    round: number;
  };
  prompt: PromptInfo;
  guideline?: { version: number | string; html: string };
  base: FileSide | null;
  rival: FileSide | null;
  refined: FileSide | null;
  checks: CheckRun[];
  /** What was decided about earlier rounds, by whoever it was. */
  earlier?: { decision: string; notes: string }[];
  rules: Rule[];
  criteria: Criterion[];
  urls: { decide: string; heartbeat: string; release: string; queue?: string };
  assignment: Assignment;
  preview: PreviewInfo;
  limits?: { files: number; bytes: number };
}

export type Decision = "accept" | "fix_accept" | "request_changes" | "reject";
/** POST urls.decide, with an Idempotency-Key header. Answer: {url}. Keys that do not apply are left out. */
export interface DecideBody {
  decision: Decision;
  /** Shown to the contributor; findings to act on are written into it as lines "- path:line message". */
  notes: string;
  /** Criterion slug to 1..5, as the reviewer sees it; may be empty. */
  scores: Record<string, number>;
  /** reject: the code of a guideline rule, and what was seen. */
  rule?: string;
  evidence?: string;
  /** fix_accept: the whole corrected file set. */
  files?: Files;
}

export interface CompareData {
  assignment: Assignment;
  prompt: PromptInfo | { text: string; framework?: Framework };
  a: FileSide;
  b: FileSide;
  framework: Framework;
  criteria: Criterion[];
  urls: { vote: string; heartbeat: string; release: string; queue: string };
  preview: PreviewInfo;
}
/** POST urls.vote, with an Idempotency-Key header. Answer: {url} or nothing. Negative = A is better. */
export interface VoteBody { choice: Step; both_bad: boolean; criteria: Record<string, Step>; seconds: number }

export interface ExploreData {
  preview: PreviewInfo;
  sets: { label: string; role?: "base" | "rival" | "refined" | "a" | "b"; framework: Framework; files: Files }[];
}
