/** Syntax faults of the files being edited: asked of a worker after a pause, never while a key is being handled. */
import type { Files } from "../lib/contract";
import { Aside } from "./aside";
import type { Fault } from "./lint/fault";
import type { LintAnswer, LintRequest } from "./lint.worker";

const SCRIPT = "/static/build/app/lint.worker.js";
/** Pause after a keystroke before a file is read again, in milliseconds. */
const PAUSE = 300;
const PATIENCE = 10_000;

export class LintFeed {
  private readonly aside = new Aside<Omit<LintRequest, "id">, LintAnswer>(SCRIPT, PATIENCE);
  private readonly faults = new Map<string, readonly Fault[]>();
  private timer = 0;

  /** `read` gives a file's text now; `onFaults` hears which file has news. */
  constructor(private readonly read: (path: string) => string | undefined, private readonly onFaults: (path: string) => void) {}

  of(path: string): readonly Fault[] {
    return this.faults.get(path) ?? [];
  }

  /** Every file with a fault, and its faults. */
  all(): [string, readonly Fault[]][] {
    return [...this.faults].filter(([, faults]) => faults.length > 0);
  }

  /** Read all files, in turn; forget those that are gone. */
  async readAll(files: Files): Promise<void> {
    for (const path of [...this.faults.keys()]) if (!(path in files)) this.forget(path);
    for (const path of Object.keys(files)) await this.readNow(path);
  }

  /** A file changed. */
  edited(path: string): void {
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.readNow(path), PAUSE);
  }

  forget(path: string): void {
    if (this.faults.delete(path)) this.onFaults(path);
  }

  private async readNow(path: string): Promise<void> {
    const text = this.read(path);
    if (text === undefined) return;
    const answer = await this.aside.ask({ path, text });
    // Typed on meanwhile: the next answer is under way.
    if (!answer || this.read(path) !== text) return;
    const had = this.of(path).length;
    this.faults.set(path, answer.faults);
    if (had + answer.faults.length > 0) this.onFaults(path);
  }
}
