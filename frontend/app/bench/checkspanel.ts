/** Running the checks from the bench and showing what they found. */
import { tally } from "../checks/labels";
import { drawRuns } from "../checks/list";
import { Watch } from "../checks/watch";
import type { CheckReport, Files, Finding } from "../lib/contract";
import { announce, fill, h, plural } from "../lib/dom";
import { call, Problem } from "../lib/http";
import { printOfFiles } from "../lib/localcopy";

const LATE = "Some checks are still waiting for a worker. They run again after you submit.";

export interface ChecksHooks {
  save(): Promise<boolean>;
  rev(): number;
  files(): Files;
  onOpen(path: string, line?: number | null): void;
  /** Show the width and the element of a finding in the panes. */
  onShow(finding: Finding): void;
  onFindings(findings: Finding[]): void;
  onCount(text: string, tone: string): void;
}

export class ChecksPanel {
  report: CheckReport | null = null;
  private readonly watch = new Watch({
    ask: (rev) => call<CheckReport>("GET", `${this.url}?rev=${rev}`),
    onReport: (report) => this.take(report),
  });
  private running = false;
  private note = "";
  /** Of the files that the report is about: words and ratings change nothing that a check looks at. */
  private print = "";

  constructor(private readonly el: HTMLElement, private readonly buttons: HTMLButtonElement[], private readonly url: string, private readonly hooks: ChecksHooks) {
    for (const button of buttons) button.addEventListener("click", () => void this.run());
    this.draw();
    void this.earlier();
  }

  /** Save, ask for a run, and follow it to its end. */
  async run(): Promise<void> {
    if (this.running) return;
    this.watch.stop();
    this.busy(true);
    this.note = "Saving the draft…";
    this.draw();
    const print = printOfFiles(this.hooks.files());
    try {
      if (!(await this.hooks.save())) throw new Problem(0, "unsaved", "The draft could not be saved, so there is nothing to check yet.");
      const rev = this.hooks.rev();
      this.note = "Checks are running. You can go on working.";
      this.report = null;
      this.print = print;
      this.draw();
      const begun = await call<CheckReport>("POST", this.url, { rev });
      const outcome = begun.done ? "done" : await this.watch.follow(rev);
      this.note = begun.done ? "This project runs no checks." : outcome === "waiting" ? LATE : "";
      this.draw();
      announce(this.note || this.summary());
    } catch (error) {
      this.note = error instanceof Problem ? error.message : String(error);
      this.draw();
    } finally {
      this.busy(false);
    }
  }

  /** Whether the files have been edited since what is shown was found. */
  get isOlder(): boolean {
    return printOfFiles(this.hooks.files()) !== this.print;
  }

  /** Redraw when the draft moves on, to say that results are older. */
  draw(): void {
    const report = this.report;
    const stale = report && report.runs.length > 0 && this.isOlder;
    fill(
      this.el,
      this.note ? h("p", { class: "soft" }, this.note) : null,
      stale ? h("p", { class: "flash flash-info" }, h("span", {}, `These results are of draft ${report.rev}; you have edited the files since.`)) : null,
      report?.runs.length ? drawRuns(report.runs, { onOpen: this.hooks.onOpen, onShow: this.hooks.onShow }) : null,
      report?.runs.length || this.note ? null : h("p", { class: "soft" }, "Checks run the same way here and after you submit. Run them any time: what they find says where it is and what to do."),
    );
    const { errors, warnings, pending } = tally(report?.runs ?? []);
    if (pending || this.running) this.hooks.onCount("…", "");
    else this.hooks.onCount(errors + warnings ? String(errors + warnings) : "", errors ? "count-bad" : "count-warn");
  }

  summary(): string {
    const { errors, warnings } = tally(this.report?.runs ?? []);
    if (!this.report?.runs.length) return "Checks have not run.";
    if (errors + warnings === 0) return "Checks found nothing to mend.";
    return `Checks found ${[errors ? plural(errors, "error") : "", warnings ? plural(warnings, "warning") : ""].filter(Boolean).join(" and ")}.`;
  }

  /** Whether what is shown is of the files as they stand, or on its way. */
  get isCurrent(): boolean {
    return this.running || (this.report !== null && this.report.runs.length > 0 && !this.isOlder);
  }

  private busy(running: boolean): void {
    this.running = running;
    for (const button of this.buttons) {
      button.disabled = running;
      button.classList.toggle("is-busy", running);
    }
    if (!running) this.draw();
  }

  /** Show what an earlier visit found, and follow what still runs. */
  private async earlier(): Promise<void> {
    const rev = this.hooks.rev();
    if (rev === 0) return;
    try {
      this.print = printOfFiles(this.hooks.files());
      if ((await this.watch.look(rev)) !== "waiting") return;
      this.note = LATE;
      this.draw();
    } catch {
      // Nothing has run yet, or the server is away: the panel says how to start.
    }
  }

  private take(report: CheckReport): void {
    this.report = { ...report, runs: report.runs ?? [] };
    if (report.done) this.note = "";
    else if (report.expected) this.note = `Checks are running, done in ${report.expected}. You can go on working.`;
    this.hooks.onFindings(this.report.runs.flatMap((run) => run.findings));
    this.draw();
  }
}
