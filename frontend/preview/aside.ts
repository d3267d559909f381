/** Assembling in a worker that all panes share; a file that stalls it costs one restart, not the page. */
import type { AssembleRequest } from "./assemble.worker";
import type { Assembled, Files, Framework } from "./types";

/** Longest time one project may take, in milliseconds; measured projects take under 100. */
const PATIENCE = 5000;
const SCRIPT = "/static/build/preview/assemble.worker.js";

interface Waiting {
  done: (assembled: Assembled) => void;
  timer: number;
}

let worker: Worker | null = null;
let last = 0;
const waiting = new Map<number, Waiting>();

/** Assemble off the page's thread. Never rejects: what goes wrong is a problem of the result. */
export function assembleAside(files: Files, framework: Framework, shelfOrigin: string, page?: string): Promise<Assembled> {
  const id = ++last;
  return new Promise((done) => {
    const timer = window.setTimeout(restart, PATIENCE);
    waiting.set(id, { done, timer });
    const request: AssembleRequest = { id, files, framework, shelfOrigin };
    if (page !== undefined) request.page = page;
    start().postMessage(request);
  });
}

function start(): Worker {
  if (worker) return worker;
  const address = document.querySelector<HTMLMetaElement>('meta[name="assemble-worker"]')?.content ?? SCRIPT;
  worker = new Worker(`${address}?${HILLCLIMB_BUILD}`);
  worker.onmessage = ({ data }: MessageEvent<{ id: number; assembled?: Assembled; error?: string }>) => settle(data.id, data.assembled ?? failed(data.error ?? ""));
  worker.onerror = () => restart();
  return worker;
}

function settle(id: number, assembled: Assembled): void {
  const item = waiting.get(id);
  if (!item) return;
  waiting.delete(id);
  window.clearTimeout(item.timer);
  item.done(assembled);
}

function restart(): void {
  worker?.terminate();
  worker = null;
  for (const id of [...waiting.keys()]) settle(id, failed("It took too long."));
}

function failed(reason: string): Assembled {
  return { html: "", problems: [{ path: "", message: `The files could not be put together. ${reason}`.trim(), fix: "Undo the last change, or reload this page." }], unshelved: [], shelved: [] };
}
