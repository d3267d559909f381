/** Files, tabs and one CodeMirror view over them: edit, compare with the base in place, or read base and rival. */
import { setDiagnostics, type Diagnostic } from "@codemirror/lint";
import { unifiedMergeView } from "@codemirror/merge";
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import { EditorView } from "@codemirror/view";

import type { Files, Finding } from "../lib/contract";
import { announce, h } from "../lib/dom";
import { FileBook } from "./filebook";
import { languageFor } from "./language";
import { described, reading, writing } from "./setup";
import { drawTabs, type TabActions } from "./tabs";

export interface WorkspaceOptions {
  files: Files;
  base: Files | null;
  /** Read-only file sets that can be looked at instead, by name. */
  others: Record<string, Files>;
  limit: number;
  editable: boolean;
  onChange: () => void;
  onView?: () => void;
}

/** One control per change: put the base's lines back. Accepting a change would only hide it. */
function putBack(type: "accept" | "reject", act: (event: MouseEvent) => void): HTMLElement {
  if (type === "accept") return h("span", { hidden: true });
  return h("button", { type: "button", class: "put-back", onmousedown: act, title: "Put the base's lines back here" }, "Put back");
}

export type Mode = "edit" | "diff";

export class Workspace {
  readonly book: FileBook;
  private readonly view: EditorView;
  private readonly states = new Map<string, EditorState>();
  private readonly diff = new Compartment();
  private readonly access = new Compartment();
  private readonly tabsEl = h("div", { class: "file-bar" });
  private readonly emptyEl = h("p", { class: "editor-empty", hidden: true }, "No files yet. Add one with +, for example index.html.");
  private readonly panel = h("div", { class: "editor", id: "editor-panel", role: "tabpanel", "aria-label": "Code" });
  private findings: Finding[] = [];
  private shown = "refined";
  private other: FileBook | null = null;
  mode: Mode = "edit";
  editable: boolean;

  constructor(root: HTMLElement, private readonly options: WorkspaceOptions) {
    this.book = new FileBook(options.files, options.base);
    this.editable = options.editable;
    root.append(this.tabsEl, this.panel, this.emptyEl);
    this.view = new EditorView({ parent: this.panel });
    this.show();
  }

  files(): Files {
    return this.book.files();
  }

  get source(): string {
    return this.shown;
  }

  /** The book on show: the refinement, or a read-only one. */
  private get current(): FileBook {
    return this.other ?? this.book;
  }

  get cursor(): { path: string; line: number } | null {
    const path = this.current.active;
    return path === undefined ? null : { path, line: this.view.state.doc.lineAt(this.view.state.selection.main.head).number };
  }

  focus(): void {
    this.view.focus();
  }

  setMode(mode: Mode): void {
    this.mode = mode;
    this.refreshDiff();
    this.options.onView?.();
  }

  setEditable(editable: boolean): void {
    this.editable = editable;
    this.stash();
    this.show();
  }

  /** Look at "refined", or read another file set. */
  setSource(name: string): void {
    if (name === this.shown) return;
    this.stash();
    this.shown = name;
    const files = this.options.others[name];
    const wanted = this.current.active;
    this.other = files ? new FileBook(files, null) : null;
    if (this.other && wanted !== undefined && this.other.has(wanted)) this.other.active = wanted;
    this.show();
    this.options.onView?.();
  }

  /** Replace the refinement's files; the undo history of files that changed starts afresh. */
  replaceFiles(files: Files): void {
    this.stash();
    for (const path of [...this.states.keys()]) if (path.startsWith("refined\n") && files[path.slice(8)] !== this.book.text(path.slice(8))) this.states.delete(path);
    this.book.replace(files);
    this.show();
  }

  /** Show a file of the refinement, at a line if given, and put the cursor there. */
  open(path: string, line?: number | null): void {
    this.look("refined", path, line);
  }

  /** The same for any of the file sets. */
  look(source: string, path: string, line?: number | null): void {
    this.setSource(source);
    if (!this.current.has(path)) return announce(`${path} is not one of these files.`);
    this.switchTo(path);
    if (line) {
      const at = this.view.state.doc.line(Math.min(Math.max(1, line), this.view.state.doc.lines));
      this.view.dispatch({ selection: { anchor: at.from }, effects: EditorView.scrollIntoView(at.from, { y: "center" }) });
    }
    this.view.focus();
  }

  setFindings(findings: Finding[]): void {
    this.findings = findings;
    this.markFindings();
  }

  private switchTo(path: string): void {
    this.stash();
    this.current.active = path;
    this.show();
  }

  private key(path: string): string {
    return `${this.shown}\n${path}`;
  }

  /** Keep the view's state (with its undo history) under its file. */
  private stash(): void {
    const path = this.current.active;
    if (path !== undefined && this.current.has(path)) this.states.set(this.key(path), this.view.state);
  }

  private show(): void {
    const path = this.current.active;
    this.emptyEl.hidden = path !== undefined;
    this.panel.hidden = path === undefined;
    if (path !== undefined) {
      const kept = this.states.get(this.key(path));
      this.view.setState(kept && kept.doc.toString() === this.current.text(path) ? kept : this.fresh(path));
      this.view.dispatch({ effects: this.access.reconfigure(this.accessFor()) });
      this.refreshDiff();
      this.markFindings();
    }
    this.redrawTabs();
    this.options.onView?.();
  }

  private accessFor(): Extension {
    return this.editable && !this.other ? writing : [EditorState.readOnly.of(true), EditorView.editable.of(false)];
  }

  private fresh(path: string): EditorState {
    const changed = EditorView.updateListener.of((update) => {
      if (!update.docChanged || this.other) return;
      const was = this.book.text(path);
      const now = update.state.doc.toString();
      if (was === now) return;
      const marked = this.book.tabs().find((tab) => tab.path === path)?.mark;
      this.book.set(path, now);
      if (this.book.tabs().find((tab) => tab.path === path)?.mark !== marked) this.redrawTabs();
      this.options.onChange();
    });
    return EditorState.create({
      doc: this.current.text(path),
      extensions: [this.access.of(this.accessFor()), reading, languageFor(path), described(`${path}, ${this.shown}`), this.diff.of([]), changed],
    });
  }

  private refreshDiff(): void {
    const path = this.current.active;
    if (path === undefined) return;
    const on = this.mode === "diff" && !this.other && this.options.base !== null;
    this.view.dispatch({ effects: this.diff.reconfigure(on ? this.diffFor(path) : []) });
  }

  private diffFor(path: string): Extension {
    return unifiedMergeView({
      original: this.book.original(path), gutter: true, highlightChanges: true, syntaxHighlightDeletions: true, mergeControls: this.editable && putBack,
      collapseUnchanged: { margin: 3, minSize: 8 }, diffConfig: { scanLimit: 2000, timeout: 250 },
    });
  }

  private markFindings(): void {
    const path = this.current.active;
    if (path === undefined) return;
    const doc = this.view.state.doc;
    const mine = this.other ? [] : this.findings.filter((finding) => finding.path === path && finding.line && finding.line <= doc.lines);
    const diagnostics = mine.map((finding): Diagnostic => {
      const line = doc.line(Math.max(1, finding.line ?? 1));
      const severity = finding.severity === "note" ? "info" : finding.severity;
      return { from: line.from, to: line.to, severity, message: finding.fix ? `${finding.message}\n${finding.fix}` : finding.message };
    });
    this.view.dispatch(setDiagnostics(this.view.state, diagnostics));
  }

  private redrawTabs(): void {
    const changed = (act: () => void): void => {
      this.stash();
      act();
      this.show();
      this.options.onChange();
    };
    const actions: TabActions = {
      open: (path) => this.switchTo(path),
      add: (path) => (changed(() => this.book.add(path)), this.view.focus()),
      rename: (from, to) =>
        changed(() => {
          this.states.delete(this.key(from));
          this.book.rename(from, to);
        }),
      remove: (path) =>
        changed(() => {
          this.book.remove(path);
          this.states.delete(this.key(path));
        }),
      restore: (path) => changed(() => this.book.add(path, this.book.original(path))),
    };
    drawTabs(this.tabsEl, this.current, actions, { editable: this.editable && !this.other, limit: this.options.limit, panel: "editor-panel" });
  }
}
