/** An answer on its way: a POST whose body comes as server-sent events. */
import { failure, type Problem, send, unreachable } from "../lib/http";

export interface StreamEvent { name: string; data: unknown }

/** Longest event taken; the end carries every file of an answer. */
const LONGEST = 16 * 1024 * 1024;

/** Call `on` for each event until the stream ends. Throws Problem; an abort ends it quietly. */
export async function follow(url: string, body: unknown, signal: AbortSignal, on: (event: StreamEvent) => void): Promise<void> {
  try {
    const response = await send("POST", url, { body: JSON.stringify(body), signal });
    if (!response.ok || !response.body) throw failure(response.status, await response.text());
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      const parts = (rest + value).split("\n\n");
      rest = parts.pop() ?? "";
      if (rest.length > LONGEST) throw new Error("An event without end");
      for (const part of parts) {
        const event = parse(part);
        if (event) on(event);
      }
    }
  } catch (error) {
    if (signal.aborted) return;
    throw isProblem(error) ? error : unreachable();
  }
}

function isProblem(error: unknown): error is Problem {
  return error instanceof Error && "code" in error && "status" in error;
}

/** One event; null for what is none. */
export function parse(text: string): StreamEvent | null {
  let name = "";
  let data = "";
  for (const line of text.split("\n")) {
    if (line.startsWith("event: ")) name = line.slice(7);
    else if (line.startsWith("data: ")) data += line.slice(6);
  }
  try {
    return name ? { name, data: JSON.parse(data) as unknown } : null;
  } catch {
    return null;
  }
}
