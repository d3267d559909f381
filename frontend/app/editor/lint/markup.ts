/** Syntax of HTML, by Lezer's parser, with the scripts and styles inside it. */
import { parser } from "@lezer/html";
import type { SyntaxNode } from "@lezer/common";

import { jsonFaults } from "./data";
import { type Fault, faultAt, MOST, shifted } from "./fault";
import { scriptFaults } from "./script";
import { styleFaults } from "./style";

const CLASSIC = ["", "text/javascript", "application/javascript", "text/ecmascript", "application/x-javascript"];
/** Elements whose end tag HTML lets one leave out. */
const MAY_STAY_OPEN = new Set("html head body li dt dd p rt rp optgroup option colgroup caption thead tbody tfoot tr td th".split(" "));
const COMPILED = ["text/babel", "text/jsx", "text/typescript", "text/tsx"];

/** What is wrong in an HTML text and in what it holds; empty when it reads well. */
export function markupFaults(text: string): Fault[] {
  const faults: Fault[] = [];
  const tree = parser.parse(text);
  tree.iterate({
    enter: (ref) => {
      if (faults.length >= MOST) return false;
      const node = ref.node;
      switch (ref.name) {
        case "MismatchedCloseTag":
          faults.push(faultOver(text, node, `${text.slice(ref.from, ref.to).trim()} closes nothing that is open here.`));
          return false;
        case "Element": {
          const fault = unclosed(text, node);
          if (fault) faults.push(fault);
          return undefined;
        }
        case "IncompleteCloseTag":
          faults.push(faultOver(text, node, "This closing tag is not finished: a > is missing."));
          return false;
        case "ScriptText":
          faults.push(...shifted(script(text.slice(ref.from, ref.to), attributesOf(text, node)), text, ref.from));
          return false;
        case "StyleText":
          if (!/tailwind/.test(attributesOf(text, node)["type"] ?? "")) faults.push(...shifted(styleFaults(text.slice(ref.from, ref.to)), text, ref.from));
          return false;
      }
      if (ref.type.isError) {
        const inTag = node.parent && /Tag$/.test(node.parent.name);
        if (inTag) faults.push(faultAt(text, ref.from, "This tag cannot be read: look for a missing quote, = or >."));
        return false;
      }
      return undefined;
    },
  });
  return faults;
}

function faultOver(text: string, node: { from: number; to: number }, message: string): Fault {
  return { ...faultAt(text, node.from, message), to: Math.max(node.from + 1, node.to) };
}

function unclosed(text: string, element: SyntaxNode): Fault | null {
  const open = element.firstChild;
  const name = open?.name === "OpenTag" ? open.getChild("TagName") : null;
  if (!open || !name || element.lastChild?.name === "CloseTag") return null;
  const tag = text.slice(name.from, name.to);
  return MAY_STAY_OPEN.has(tag.toLowerCase()) ? null : faultOver(text, { from: open.from, to: name.to }, `<${tag}> is never closed.`);
}

function attributesOf(text: string, content: SyntaxNode): Record<string, string> {
  const found: Record<string, string> = {};
  for (const attribute of content.parent?.firstChild?.getChildren("Attribute") ?? []) {
    const name = attribute.getChild("AttributeName");
    const value = attribute.getChild("AttributeValue") ?? attribute.getChild("UnquotedAttributeValue");
    if (name) found[text.slice(name.from, name.to).toLowerCase()] = value ? text.slice(value.from, value.to).replace(/^["']|["']$/g, "") : "";
  }
  return found;
}

function script(text: string, attributes: Record<string, string>): Fault[] {
  const type = (attributes["type"] ?? "").trim().toLowerCase();
  if (text.trim() === "" || attributes["src"] !== undefined) return [];
  if (type === "module") return scriptFaults(text, { typescript: false, jsx: false, sourceType: "module" });
  if (COMPILED.includes(type)) return scriptFaults(text, { typescript: /ts|typescript/.test(type) || /typescript/.test(attributes["data-presets"] ?? ""), jsx: true, sourceType: "unambiguous" });
  if (CLASSIC.includes(type)) return scriptFaults(text, { typescript: false, jsx: false, sourceType: "script" });
  return /json|^importmap$/.test(type) ? jsonFaults(text) : [];
}
