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
export type ScreenshotSet = Partial<Record<"refined" | "base" | "rival", string>>;
export interface CheckRun {
  check: string;
  status: RunStatus;
  outcome?: "pass" | "warn" | "fail" | "" | null;
  /** What a failure means in this project. */
  policy?: "block" | "warn" | "off";
  summary: string;
  findings: Finding[];
  evidence?: { screenshots?: Record<string, ScreenshotSet> } | null;
}
/** GET urls.checks?rev=N; POST urls.checks {rev} starts a run. */
export interface CheckReport { rev: number | null; done: boolean; runs: CheckRun[] }

export interface DraftBody {
  rev: number;
  files: Files;
  rationale: string;
  /** Criterion slug to 1..5: how well the refinement meets it, in its author's own eyes. */
  ratings: Record<string, number>;
}
export interface Draft extends DraftBody { saved_at: string | null }
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

export interface BenchData {
  assignment: Assignment;
  project: { name: string };
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
  urls: { draft: string; heartbeat: string; release: string; submit: string; checks: string; queue: string };
}

export type SubmitOutcome = "refined" | "already_beats" | "cannot_beat";
/** POST urls.submit, with an Idempotency-Key header. Answer: {url}. */
export interface SubmitBody { rev: number; outcome: SubmitOutcome; reason: string }

export interface ReviewData {
  submission: {
    id: string | number;
    outcome: SubmitOutcome;
    reason?: string;
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
export interface VoteBody { choice: number; both_bad: boolean; criteria: Record<string, number>; seconds: number }

export interface ExploreData {
  preview: PreviewInfo;
  sets: { label: string; role?: "base" | "rival" | "refined" | "a" | "b"; framework: Framework; files: Files }[];
}
