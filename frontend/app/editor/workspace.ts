/** Files, their tree, and an editor over one of them: edit, compare with the base, or read base and rival. */
import { forEachDiagnostic, setDiagnostics, type Diagnostic } from "@codemirror/lint";
import type { MergeView } from "@codemirror/merge";
import type { EditorState } from "@codemirror/state";
import { EditorView } from "@codemirror/view";

import { entryOf } from "../../preview/entry";
import type { Files, Finding, Framework } from "../lib/contract";
import { edge } from "../lib/divider";
import { announce, h } from "../lib/dom";
import type * as Comparing from "./comparing";
import { FileBook } from "./filebook";
import type { FileActions } from "./filedialogs";
import { entryEdit } from "./entry";
import { LintFeed } from "./lintfeed";
import { openSearch } from "./searching";
import { access, accessFor, diff, makeState, type Making, withText } from "./states";
import { FileTree } from "./tree";
import { keepUndo, keptUndo } from "./undo";

export interface WorkspaceOptions {
  files: Files;
  base: Files | null;
  /** Read-only file sets that can be looked at instead, by name. */
  others: Record<string, Files>;
  limit: number;
  editable: boolean;
  framework?: Framework;
  /** A name under which undo histories outlive a reload; none = they do not. */
  remember?: string;
  onChange: () => void;
  onView?: () => void;
  /** The parsers have news. */
  onFaults?: () => void;
  /** The cursor or the selection moved. */
  onSelect?: () => void;
}

/** "diff" marks changes in the text, "split" shows the base beside it. */
export type Mode = "edit" | "diff" | "split";
export interface Place { path: string; line: number; message: string }

const SYNTAX = "syntax";
/** Milliseconds after the start before all files are read for syntax faults. */
const LINT_AFTER = 1500;
/** What compares is not needed to begin with. */
let comparing: typeof Comparing | null = null;

async function loadComparing(): Promise<void> {
  comparing ??= await import("./comparing");
}

export class Workspace {
  readonly book: FileBook;
  private readonly view: EditorView;
  private merge: MergeView | null = null;
  private readonly states = new Map<string, EditorState>();
  /** Keys of states that were kept while they stood beside the base. */
  private readonly besides = new Set<string>();
  private readonly treeEl = h("nav", { class: "files", "aria-label": "Files" });
  private readonly tree: FileTree;
  private readonly emptyEl = h("p", { class: "editor-empty", hidden: true }, "No files yet. Add one with +, for example index.html.");
  private readonly panel = h("div", { class: "editor", role: "group", "aria-label": "Code" });
  private readonly noteEl = h("p", { class: "editor-note", role: "alert", hidden: true });
  private readonly lint: LintFeed;
  private findings: Finding[] = [];
  private shown = "refined";
  private other: FileBook | null = null;
  mode: Mode = "edit";
  editable: boolean;

  constructor(root: HTMLElement, private readonly options: WorkspaceOptions) {
    this.book = new FileBook(options.files, options.base);
    this.editable = options.editable;
    this.lint = new LintFeed((path) => (this.book.has(path) ? this.book.text(path) : undefined), (path) => this.hearFaults(path));
    const divider = h("div", { "aria-label": "Width of the list of files" });
    root.append(this.treeEl, divider, h("div", { class: "editor-side" }, this.panel, this.emptyEl, this.noteEl));
    this.tree = new FileTree(this.treeEl, this.actions(), (open) => root.classList.toggle("has-files", open));
    if (Object.keys(options.files).length < 2 && Object.keys(options.base ?? {}).length < 2) this.tree.setOpen(false, false);
    edge(divider, { container: root, variable: "--files", name: "files", initial: 184, least: 120, most: 400, unit: "px", axis: "x" });
    this.view = new EditorView({ parent: this.panel });
    this.show();
    // The panes come first: parsers, and what compares, are loaded once the pages run.
    if (options.editable) setTimeout(() => (void this.lint.readAll(this.files()), void loadComparing().catch(() => undefined)), LINT_AFTER);
    const remember = options.remember;
    if (remember !== undefined) window.addEventListener("pagehide", () => (this.stash(), keepUndo(remember, this.ownStates())));
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

  /** The view that is typed into, which beside the base is the right one of two. */
  get editor(): EditorView {
    return this.merge?.b ?? this.view;
  }

  get cursor(): { path: string; line: number; column: number } | null {
    const path = this.current.active;
    if (path === undefined) return null;
    const { head } = this.editor.state.selection.main;
    const line = this.editor.state.doc.lineAt(head);
    return { path, line: line.number, column: head - line.from + 1 };
  }

  /** Places that the parsers cannot read, of all files. */
  faults(): Place[] {
    return this.lint.all().flatMap(([path, faults]) => faults.map(({ line, message }) => ({ path, line, message })));
  }

  /** The lines of the refinement that are selected, from 1; null while another file set is shown. */
  get chosen(): { path: string; first: number; last: number; empty: boolean } | null {
    const path = this.book.active;
    if (this.other || path === undefined) return null;
    const { from, to, empty } = this.editor.state.selection.main;
    return { path, first: this.editor.state.doc.lineAt(from).number, last: this.editor.state.doc.lineAt(to).number, empty };
  }

  /** Put `lines` in the place of `count` lines from `first` on, as an edit that can be undone; makes the file if it is new. */
  replaceLines(path: string, first: number, count: number, lines: string[]): void {
    this.setSource("refined");
    if (!this.book.has(path)) {
      this.stash();
      this.book.add(path);
      this.show();
    } else if (this.book.active !== path) this.switchTo(path);
    const doc = this.editor.state.doc;
    const text = lines.join("\n");
    let change = { from: doc.length, to: doc.length, insert: `\n${text}` };
    if (count > 0) {
      const from = doc.line(first).from;
      const to = doc.line(Math.min(doc.lines, first + count - 1)).to;
      if (lines.length) change = { from, to, insert: text };
      // Lines that go take one line break with them.
      else change = { from: to < doc.length ? from : Math.max(0, from - 1), to: Math.min(doc.length, to + 1), insert: "" };
    } else if (doc.length === 0) change = { from: 0, to: 0, insert: text };
    else if (first <= doc.lines) change = { from: doc.line(first).from, to: doc.line(first).from, insert: `${text}\n` };
    this.editor.dispatch({ changes: change, userEvent: "input.paste" });
    // A new file may hold nothing yet, and then no edit told of it.
    if (text === "") this.options.onChange();
    const at = Math.min(change.from, this.editor.state.doc.length);
    this.editor.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: "center" }) });
  }

  focus(): void {
    this.editor.focus();
  }

  /** Say something below the code, until the next edit. */
  tell(text: string): void {
    this.noteEl.hidden = text === "";
    this.noteEl.textContent = text;
  }

  focusTree(): void {
    this.tree.focus();
  }

  find(): void {
    this.editor.focus();
    void openSearch(this.editor);
  }

  setMode(mode: Mode): void {
    if (mode === this.mode) return;
    this.mode = mode;
    if (mode === "edit" || comparing) return this.showAgain();
    void loadComparing().then(() => this.showAgain(), () => ((this.mode = "edit"), this.tell("Comparing could not be loaded. Try again once the server is there.")));
  }

  /** Show the file as the mode has it now. */
  private showAgain(): void {
    // Another view takes the old one's place, and its focus.
    const had = this.panel.contains(document.activeElement);
    this.stash();
    this.show();
    if (had) this.editor.focus();
  }

  setEditable(editable: boolean): void {
    this.editable = editable;
    this.stash();
    this.show();
    if (editable) void this.lint.readAll(this.files());
  }

  /** Look at "refined", or read another file set. */
  setSource(name: string): void {
    if (name === this.shown) return;
    this.stash();
    const wanted = this.current.active;
    this.shown = name;
    const files = this.options.others[name];
    this.other = files ? new FileBook(files, null) : null;
    if (this.other && wanted !== undefined && this.other.has(wanted)) this.other.active = wanted;
    this.show();
  }

  /** Replace the refinement's files: an edit of each file that differs, so that undo leads back. */
  replaceFiles(files: Files): void {
    this.stash();
    for (const [path, text] of Object.entries(files)) {
      if (!this.book.has(path) || this.book.text(path) === text) continue;
      const key = `refined\n${path}`;
      this.states.set(key, withText(this.states.get(key) ?? makeState(this.making(path, this.book)), text));
    }
    this.book.replace(files);
    this.show();
    void this.lint.readAll(files);
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
    const view = this.editor;
    if (line) {
      const at = view.state.doc.line(Math.min(Math.max(1, line), view.state.doc.lines));
      view.dispatch({ selection: { anchor: at.from }, effects: EditorView.scrollIntoView(at.from, { y: "center" }) });
    }
    view.focus();
  }

  setFindings(findings: Finding[]): void {
    this.findings = findings;
    this.markAll();
  }

  private switchTo(path: string): void {
    this.stash();
    this.current.active = path;
    this.tell("");
    this.show();
  }

  /** Keep the state on show (with its undo history) under its file. */
  private stash(): void {
    const path = this.current.active;
    if (path === undefined || !this.current.has(path)) return;
    const key = `${this.shown}\n${path}`;
    this.states.set(key, this.editor.state);
    if (this.merge) this.besides.add(key);
    else this.besides.delete(key);
  }

  private ownStates(): Map<string, EditorState> {
    return new Map([...this.states].flatMap(([key, state]) => (key.startsWith("refined\n") ? [[key.slice(8), state] as const] : [])));
  }

  private making(path: string, book: FileBook): Making {
    const own = book === this.book;
    const text = book.text(path);
    const kept = this.states.get(`${own ? "refined" : this.shown}\n${path}`);
    const remembered = own && !kept && this.options.remember !== undefined ? keptUndo(this.options.remember, path, text) : null;
    return { path, text, label: `${path}, ${own ? "refined" : this.shown}`, editable: own && this.editable, from: kept ?? remembered, onText: (now) => own && this.take(path, now), onSelect: () => this.options.onSelect?.() };
  }

  private take(path: string, text: string): void {
    if (this.book.text(path) === text) return;
    const before = this.book.mark(path);
    this.book.set(path, text);
    if (this.book.mark(path) !== before) this.redrawTree();
    this.lint.edited(path);
    this.tell("");
    this.options.onChange();
  }

  private show(): void {
    const path = this.current.active;
    this.merge?.destroy();
    this.merge = null;
    const split = comparing !== null && this.mode === "split" && !this.other && this.options.base !== null && path !== undefined;
    this.emptyEl.hidden = path !== undefined;
    this.panel.hidden = path === undefined;
    this.view.dom.hidden = split;
    if (path !== undefined) {
      const making = this.making(path, this.current);
      if (split && comparing) {
        this.merge = comparing.beside(this.panel, this.book.original(path), making);
      } else {
        // A state that stood beside the base carries its marks: only its past goes on.
        const kept = this.states.get(`${this.shown}\n${path}`);
        this.view.setState(kept && !this.besides.has(`${this.shown}\n${path}`) && kept.doc.toString() === making.text ? kept : makeState(making));
        const inline = this.mode === "diff" && !this.other && this.options.base !== null ? comparing : null;
        this.view.dispatch({ effects: [access.reconfigure(accessFor(making.editable)), diff.reconfigure(inline ? inline.inPlace(this.book.original(path), this.editable) : [])] });
      }
      this.markAll();
    }
    this.redrawTree();
    this.options.onView?.();
  }

  private hearFaults(path: string): void {
    if (!this.other && path === this.current.active) this.mark([...this.keptDiagnostics((one) => one.source !== SYNTAX), ...this.syntax(path)]);
    this.redrawTree();
    this.options.onFaults?.();
  }

  /** Mark findings at the lines they name, and what the parsers say. */
  private markAll(): void {
    const path = this.current.active;
    if (path === undefined) return;
    const doc = this.editor.state.doc;
    const mine = this.other ? [] : this.findings.filter((finding) => finding.path === path && finding.line && finding.line <= doc.lines);
    const marks = mine.map((finding): Diagnostic => {
      const line = doc.line(Math.max(1, finding.line ?? 1));
      const severity = finding.severity === "note" ? "info" : finding.severity;
      return { from: line.from, to: line.to, severity, source: "check", message: finding.fix ? `${finding.message}\n${finding.fix}` : finding.message };
    });
    this.mark(this.other ? [] : [...marks, ...this.syntax(path)]);
  }

  private syntax(path: string): Diagnostic[] {
    const most = this.editor.state.doc.length;
    return this.lint.of(path).filter((fault) => fault.to <= most).map((fault): Diagnostic => ({ from: fault.from, to: fault.to, severity: "error", source: SYNTAX, message: fault.message }));
  }

  /** Diagnostics on show, where edits have moved them. */
  private keptDiagnostics(wanted: (one: Diagnostic) => boolean): Diagnostic[] {
    const kept: Diagnostic[] = [];
    forEachDiagnostic(this.editor.state, (one, from, to) => wanted(one) && kept.push({ ...one, from, to }));
    return kept;
  }

  private mark(diagnostics: Diagnostic[]): void {
    this.editor.dispatch(setDiagnostics(this.editor.state, diagnostics.sort((one, other) => one.from - other.from)));
  }

  private actions(): FileActions {
    const changed = (act: () => void): void => {
      this.stash();
      act();
      this.show();
      this.options.onChange();
      // The menu or dialog that asked is gone, and must not take the focus with it.
      if (document.activeElement === document.body && this.tree.open) this.tree.focus();
    };
    const rename = (from: string, to: string): void => {
      const state = this.states.get(`refined\n${from}`);
      this.states.delete(`refined\n${from}`);
      this.book.rename(from, to);
      // Another ending is another language; the history goes on either way.
      if (state) this.states.set(`refined\n${to}`, makeState({ ...this.making(to, this.book), from: state }));
      this.lint.forget(from);
      this.lint.edited(to);
    };
    return {
      open: (path) => this.switchTo(path),
      add: (path) => (changed(() => this.book.add(path)), this.editor.focus()),
      rename: (from, to) => changed(() => rename(from, to)),
      remove: (path) =>
        changed(() => {
          this.book.remove(path);
          this.states.delete(`refined\n${path}`);
          this.lint.forget(path);
        }),
      restore: (path) => (changed(() => this.book.add(path, this.book.original(path))), this.lint.edited(path), announce(`${path} was put back.`)),
      enter: (path) => {
        const edit = entryEdit(this.files(), this.options.framework ?? "html", path);
        if (!edit) return;
        changed(() => ("rename" in edit ? rename(path, edit.rename) : this.book.add(edit.write, edit.text)));
        announce(`${path} opens first now.`);
      },
    };
  }

  private redrawTree(): void {
    const framework = this.options.framework;
    const files = this.current.files();
    this.tree.draw(this.current, {
      editable: this.editable && !this.other, limit: this.options.limit,
      entry: framework && entryOf(files, framework),
      canEnter: (path) => framework !== undefined && entryEdit(files, framework, path) !== null,
      faults: this.other ? new Map() : new Map(this.lint.all().map(([path, faults]) => [path, faults.length])),
    });
  }
}
