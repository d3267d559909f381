/** Lints away from the page's own thread, so that typing never waits for a parser. */
import { type Fault, lint } from "./lint/lint";

export interface LintRequest { id: number; path: string; text: string }
export interface LintAnswer { id: number; faults: Fault[] }

self.onmessage = ({ data }: MessageEvent<LintRequest>) => {
  let faults: Fault[] = [];
  try {
    faults = lint(data.path, data.text);
  } catch (error) {
    // A parser that gives up says nothing about the file.
    console.warn(`Lint of ${data.path}: ${String(error)}`);
  }
  postMessage({ id: data.id, faults } satisfies LintAnswer);
};
