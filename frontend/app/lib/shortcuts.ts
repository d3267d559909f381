/** Keyboard shortcuts and the sheet that lists them. Single letters can be switched off (they disturb speech input). */
import { h } from "./dom";
import { keep, load } from "./store";

export interface Shortcut {
  /** "Alt+1", "Mod+S", "Alt+Shift+D", "F6", "j" or "?". Mod is Ctrl, or Cmd on a Mac. */
  keys: string;
  say: string;
  run: () => void;
  /** Also while typing; only combinations with Mod or Alt, and function keys, may. */
  typing?: boolean;
}

const MAC = /Mac|iP(hone|ad)/.test(navigator.platform);
const shared = globalThis as { hillclimbShortcuts?: Shortcut[] };
/** Entries are separate bundles on one page (shell and bench), so the list lives on the window. */
const registry: Shortcut[] = (shared.hillclimbShortcuts ??= []);

export function shortcut(...items: Shortcut[]): void {
  registry.push(...items);
}

/** [data-key="n" data-say="…"] on a button or link: the key presses it. The first of a page has the key. */
export function keyed(): void {
  const taken = new Set<string>();
  for (const element of document.querySelectorAll<HTMLElement>("[data-key]")) {
    const keys = element.dataset["key"] ?? "";
    if (taken.has(keys)) continue;
    taken.add(keys);
    shortcut({ keys, say: element.dataset["say"] ?? element.textContent.trim(), run: () => element.click() });
  }
}

export function lettersOn(): boolean {
  return load<boolean>("letters") ?? true;
}

/** Whether an event means these keys. Alt+digit is matched by position: on a Mac it types another character. */
export function matches(keys: string, event: Pick<KeyboardEvent, "key" | "code" | "altKey" | "ctrlKey" | "metaKey" | "shiftKey">, mac = MAC): boolean {
  const parts = keys.split("+");
  const last = parts.pop() ?? "";
  const mod = parts.includes("Mod");
  const alt = parts.includes("Alt");
  if (alt !== event.altKey) return false;
  // A single sign needs Shift on some keyboards and not on others; with another key Shift is meant.
  if ((alt || mod || /^F\d+$/.test(last)) && parts.includes("Shift") !== event.shiftKey) return false;
  if ((mod && mac) !== event.metaKey || (mod && !mac) !== event.ctrlKey) return false;
  if (alt && /^[0-9]$/.test(last)) return event.code === `Digit${last}`;
  if (alt && /^[A-Z]$/.test(last)) return event.code === `Key${last}`;
  return event.key.toLowerCase() === last.toLowerCase();
}

function isTyping(target: EventTarget | null): boolean {
  const element = target as HTMLElement | null;
  if (!element?.closest) return false;
  if (element.closest("textarea, select, [contenteditable=true], .cm-editor")) return true;
  return element instanceof HTMLInputElement && !["radio", "checkbox", "button", "submit"].includes(element.type);
}

/** Start listening; once a page. */
export function listen(): void {
  // Captured, since an editor would take Mod+Enter for itself.
  document.addEventListener("keydown", (event) => {
    if (event.repeat) return;
    const modal = document.querySelector("dialog[open]");
    for (const item of registry) {
      if (!matches(item.keys, event)) continue;
      const letter = item.keys.length === 1;
      if (letter && (isTyping(event.target) || !lettersOn())) continue;
      if (isTyping(event.target) && !item.typing) continue;
      if (modal && !modal.contains(event.target as Node)) continue;
      if (modal && letter) continue;
      event.preventDefault();
      event.stopPropagation();
      item.run();
      return;
    }
  }, { capture: true });
}

/** Show what can be pressed on this page. */
export function showSheet(): void {
  if (document.querySelector("dialog.shortcut-sheet")) return;
  const list = h("dl", { class: "shortcuts" });
  for (const item of registry) {
    const keys = item.keys === "+" ? ["+"] : item.keys.split("+").map((key) => ({ Mod: MAC ? "⌘" : "Ctrl", Alt: MAC ? "⌥" : "Alt" })[key] ?? key);
    list.append(h("dt", {}, ...keys.map((key) => h("kbd", {}, key))), h("dd", {}, item.say));
  }
  list.append(h("dt", {}, h("kbd", {}, "Esc"), h("kbd", {}, "Tab")), h("dd", {}, "Leave a code editor"));
  const letters = h("input", { type: "checkbox", onchange: () => keep("letters", letters.checked) });
  letters.checked = lettersOn();
  const dialog = h("dialog", { class: "dialog shortcut-sheet", "aria-label": "Keyboard shortcuts" });
  dialog.append(
    h("div", { class: "dialog-head" }, h("h2", {}, "Keyboard shortcuts")),
    h("div", { class: "dialog-body" }, list, h("label", { class: "check" }, letters, h("span", {}, "Single-letter shortcuts"))),
    h("div", { class: "dialog-foot" }, h("button", { type: "button", class: "btn", onclick: () => dialog.close() }, "Close")),
  );
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
}
