/** What a running page said, kept per pane. Pure. */

export type Level = "error" | "warn" | "info" | "caught";
export interface LogLine { level: Level; text: string; where: string; count: number; path?: string | undefined; line?: number | undefined }

const KEEP = 200;

export class PaneLog {
  private lines: LogLine[] = [];
  dropped = 0;

  clear(): void {
    this.lines = [];
    this.dropped = 0;
  }

  /** Add a line; a repeat of the last one only raises its count. */
  push(line: Omit<LogLine, "count">): void {
    const last = this.lines[this.lines.length - 1];
    if (last && last.level === line.level && last.text === line.text && last.where === line.where) {
      last.count += 1;
      return;
    }
    this.lines.push({ ...line, count: 1 });
    if (this.lines.length > KEEP) {
      this.lines.shift();
      this.dropped += 1;
    }
  }

  all(): readonly LogLine[] {
    return this.lines;
  }

  count(level: Level): number {
    return this.lines.filter((line) => line.level === level).reduce((sum, line) => sum + line.count, 0);
  }
}

/** Map a console method's name to one of our levels. */
export function levelOf(kind: string, level: string | undefined): Level {
  if (kind === "error") return "error";
  if (kind === "caught") return "caught";
  return level === "error" || level === "assert" ? "error" : level === "warn" || level === "warning" ? "warn" : "info";
}
