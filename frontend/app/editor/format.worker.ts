/** Formats a file with Prettier, away from the page's own thread. Loaded when somebody first asks for it. */
import * as babel from "prettier/plugins/babel";
import * as estree from "prettier/plugins/estree";
import * as html from "prettier/plugins/html";
import * as postcss from "prettier/plugins/postcss";
import type { Plugin } from "prettier";
import { formatWithCursor } from "prettier/standalone";

export interface FormatRequest { id: number; path: string; text: string; cursor: number }
export type FormatAnswer = { id: number; text: string; cursor: number } | { id: number; fault: string };

const PARSERS: Record<string, string> = { html: "html", htm: "html", css: "css", json: "json", js: "babel", mjs: "babel", jsx: "babel", ts: "babel-ts", mts: "babel-ts", tsx: "babel-ts" };

self.onmessage = async ({ data }: MessageEvent<FormatRequest>) => {
  const parser = PARSERS[data.path.slice(data.path.lastIndexOf(".") + 1).toLowerCase()];
  if (!parser) return postMessage({ id: data.id, fault: `There is no formatter for ${data.path}.` } satisfies FormatAnswer);
  try {
    const made = await formatWithCursor(data.text, { parser, plugins: [babel, estree as Plugin, html, postcss], cursorOffset: data.cursor, printWidth: 100 });
    postMessage({ id: data.id, text: made.formatted, cursor: made.cursorOffset } satisfies FormatAnswer);
  } catch (error) {
    const told = error as { message?: string; loc?: { start?: { line?: number } } };
    const line = told.loc?.start?.line;
    const words = (told.message ?? String(error)).split("\n")[0]?.replace(/\s*\(\d+:\d+\)\s*$/, "") ?? "";
    postMessage({ id: data.id, fault: `${line ? `Line ${line}: ` : ""}${words}` } satisfies FormatAnswer);
  }
};
