/** What a reviewer or a check sent back, at the head of the task. */
import { drawFinding } from "../checks/list";
import type { Feedback, Finding } from "../lib/contract";
import { h } from "../lib/dom";

const TITLES: Record<string, string> = {
  request_changes: "The reviewer asks for changes",
  changes_requested: "The reviewer asks for changes",
  returned: "A check sent this back",
  reject: "The last round was rejected",
};

/** Draw feedback; "path:line" in the notes leads to the file when it exists. */
export function drawFeedback(feedback: Feedback, paths: string[], onOpen: (path: string, line?: number | null) => void, onShow?: (finding: Finding) => void): HTMLElement {
  const findings = feedback.findings ?? [];
  return h(
    "section",
    { class: "feedback" },
    h("h2", {}, TITLES[feedback.decision] ?? "Sent back to you"),
    feedback.notes ? h("p", { class: "feedback-notes" }, ...linked(feedback.notes, paths, onOpen)) : null,
    findings.length
      ? h("ul", { class: "findings" }, ...findings.map((finding) => (typeof finding === "string" ? h("li", { class: "finding" }, h("p", {}, finding)) : drawFinding(finding, { onOpen, ...(onShow ? { onShow } : {}) }))))
      : null,
  );
}

/** Split a text at the places it names. */
export function linked(text: string, paths: string[], onOpen: (path: string, line?: number | null) => void): (Node | string)[] {
  if (paths.length === 0) return [text];
  const escaped = [...paths].sort((one, other) => other.length - one.length).map((path) => path.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  const pattern = new RegExp(`(${escaped.join("|")}):(\\d+)`, "g");
  const parts: (Node | string)[] = [];
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    const path = match[1];
    if (path === undefined) continue;
    parts.push(text.slice(from, match.index), h("button", { type: "button", class: "link mono", onclick: () => onOpen(path, Number(match[2])) }, match[0]));
    from = match.index + match[0].length;
  }
  return [...parts, text.slice(from)];
}
