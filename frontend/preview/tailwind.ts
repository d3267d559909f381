/** Does a project expect Tailwind, and what stylesheet does it then need? */
import type { Files } from "./types";

const UTILITY =
  /^(?:(?:sm|md|lg|xl|2xl|hover|focus|dark|group-hover|active|disabled):)*-?(?:flex-(?:col|row|wrap|1)|grid-cols-\d+|items-(?:center|start|end)|justify-(?:center|between|end|start)|[pm][xytrbl]?-(?:\d+(?:\.5)?|auto|\[.+\])|(?:w|h|min-h|max-w|min-w|max-h)-(?:full|screen|\d+|\[.+\]|xs|sm|md|lg|\d?xl)|text-(?:xs|sm|base|lg|\d?xl|center|white|black|[a-z]+-\d{2,3})|bg-(?:white|black|[a-z]+-\d{2,3})(?:\/\d+)?|font-(?:bold|semibold|medium)|rounded-(?:sm|md|lg|\d?xl|full)|gap-\d+|space-[xy]-\d+|border-[a-z]+-\d{2,3}|shadow-(?:sm|md|lg|\d?xl)|bg-gradient-to-\w+|tracking-\w+|leading-\w+|inset-0|z-\d+)$/;
const ENOUGH = 4;

export const TAILWIND_CSS = /@tailwind\s|@apply\s|@theme\b|@import\s+(?:url\()?["']tailwindcss/;

/** True when the markup uses several utilities that no stylesheet of the project defines, or the CSS asks for Tailwind. */
export function usesTailwind(files: Files): boolean {
  const styles = Object.entries(files).filter(([path]) => path.endsWith(".css"));
  if (styles.some(([, css]) => TAILWIND_CSS.test(css))) return true;
  const css = styles.map(([, text]) => text).join("\n");
  const found = new Set<string>();
  for (const [path, source] of Object.entries(files)) {
    if (!/\.(tsx|jsx|ts|js|html)$/.test(path)) continue;
    for (const [, text] of source.matchAll(/["'`]([^"'`\n]{3,400})["'`]/g))
      for (const word of text!.split(/\s+/)) if (UTILITY.test(word) && !css.includes(`.${word}`)) found.add(word);
    if (found.size >= ENOUGH) return true;
  }
  return false;
}

/** Version 3 directives, said in the words of version 4. */
export function modernise(css: string): string {
  let imported = false;
  const modern = css.replace(/@tailwind\s+(?:base|components|utilities|screens|variants)\s*;?/g, () => {
    if (imported) return "";
    imported = true;
    return '@import "tailwindcss";';
  });
  return /@import\s+(?:url\()?["']tailwindcss/.test(modern) ? modern : `@import "tailwindcss";\n${modern}`;
}
