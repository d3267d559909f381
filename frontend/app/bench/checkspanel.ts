/** Running the checks from the bench and showing what they found. */
import { tally } from "../checks/labels";
import { drawRuns } from "../checks/list";
import type { CheckReport, Finding } from "../lib/contract";
import { announce, fill, h, plural } from "../lib/dom";
import { call, Problem } from "../lib/http";

const POLL = 1500;
/** A run takes under a minute; after this the page stops asking and says so. */
const GIVE_UP = 3 * 60_000;

export interface ChecksHooks {
  save(): Promise<boolean>;
  rev(): number;
  onOpen(path: string, line?: number | null): void;
  onFindings(findings: Finding[]): void;
  onCount(text: string, tone: string): void;
}

export class ChecksPanel {
  report: CheckReport | null = null;
  private running = false;
  private note = "";

  constructor(private readonly el: HTMLElement, private readonly buttons: HTMLButtonElement[], private readonly url: string, private readonly hooks: ChecksHooks) {
    for (const button of buttons) button.addEventListener("click", () => void this.run());
    this.draw();
    void this.fetch();
  }

  /** Save, ask for a run, and follow it to its end. */
  async run(): Promise<void> {
    if (this.running) return;
    this.busy(true);
    this.note = "Saving the draft…";
    this.draw();
    try {
      if (!(await this.hooks.save())) throw new Problem(0, "unsaved", "The draft could not be saved, so there is nothing to check yet.");
      const rev = this.hooks.rev();
      this.note = "Checks are running. You can go on working.";
      this.report = null;
      this.draw();
      await call("POST", this.url, { rev });
      await this.follow(rev, Date.now());
      announce(this.summary());
    } catch (error) {
      this.note = error instanceof Problem ? error.message : String(error);
      this.draw();
    } finally {
      this.busy(false);
    }
  }

  /** Redraw when the draft moves on, to say that results are older. */
  draw(): void {
    const report = this.report;
    const stale = report && report.rev !== null && report.runs.length > 0 && report.rev !== this.hooks.rev();
    fill(
      this.el,
      this.note ? h("p", { class: "soft" }, this.note) : null,
      stale ? h("p", { class: "flash flash-info" }, h("span", {}, `These results are of draft ${report.rev}; you have edited since.`)) : null,
      report?.runs.length ? drawRuns(report.runs, { onOpen: this.hooks.onOpen }) : null,
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

  private busy(running: boolean): void {
    this.running = running;
    for (const button of this.buttons) {
      button.disabled = running;
      button.classList.toggle("is-busy", running);
    }
    if (!running) this.draw();
  }

  private ask(rev: number): Promise<CheckReport> {
    return call<CheckReport>("GET", `${this.url}?rev=${rev}`);
  }

  /** Show what an earlier visit found, and follow what still runs. */
  private async fetch(): Promise<void> {
    const rev = this.hooks.rev();
    if (rev === 0) return;
    try {
      this.take(await this.ask(rev));
      if (this.report?.runs.length && !this.report.done) await this.follow(rev, Date.now());
    } catch {
      // Nothing has run yet, or the server is away: the panel says how to start.
    }
  }

  private async follow(rev: number, since: number): Promise<void> {
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, POLL));
      let report: CheckReport | null = null;
      try {
        report = await this.ask(rev);
      } catch (error) {
        if (!(error instanceof Problem) || !error.passing) throw error;
      }
      if (report) this.take(report);
      if (report?.done) {
        this.note = "";
        return this.draw();
      }
      if (Date.now() - since > GIVE_UP) {
        this.note = "Some checks are still waiting for a worker. They run again after you submit.";
        return this.draw();
      }
    }
  }

  private take(report: CheckReport): void {
    this.report = { ...report, runs: report.runs ?? [] };
    this.hooks.onFindings(this.report.runs.flatMap((run) => run.findings));
    this.draw();
  }
}
