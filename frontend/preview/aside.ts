/** Assembling in a worker that all panes share; a file that stalls it costs one restart, not the page. */
import type { AssembleRequest } from "./assemble.worker";
import type { Assembled, Files, Framework } from "./types";

/** Longest time one project may take, in milliseconds; measured projects take under 100. */
const PATIENCE = 5000;
const SCRIPT = "/static/build/preview/assemble.worker.js";

interface Waiting {
  request: AssembleRequest;
  done: (assembled: Assembled) => void;
}

let worker: Worker | null = null;
let last = 0;
let timer = 0;
/** In the order they were asked for, which is the order the worker takes them in. */
const waiting = new Map<number, Waiting>();

/** Assemble off the page's thread. Never rejects: what goes wrong is a problem of the result. */
export function assembleAside(files: Files, framework: Framework, shelfOrigin: string, page?: string): Promise<Assembled> {
  const id = ++last;
  return new Promise((done) => {
    const request: AssembleRequest = { id, files, framework, shelfOrigin };
    if (page !== undefined) request.page = page;
    waiting.set(id, { request, done });
    if (waiting.size === 1) watch();
    start().postMessage(request);
  });
}

function start(): Worker {
  if (worker) return worker;
  const address = document.querySelector<HTMLMetaElement>('meta[name="assemble-worker"]')?.content ?? SCRIPT;
  worker = new Worker(`${address}?${HILLCLIMB_BUILD}`, { type: "module" });
  worker.onmessage = ({ data }: MessageEvent<{ id: number; assembled?: Assembled; error?: string }>) => settle(data.id, data.assembled ?? failed(data.error ?? ""));
  worker.onerror = () => restart("");
  return worker;
}

function settle(id: number, assembled: Assembled): void {
  const item = waiting.get(id);
  if (!item) return;
  waiting.delete(id);
  watch();
  item.done(assembled);
}

/** Give the project at the head of the line its time. */
function watch(): void {
  window.clearTimeout(timer);
  if (waiting.size) timer = window.setTimeout(() => restart("It took too long."), PATIENCE);
}

/** End the worker: the project at the head of the line fails, those behind it are handed to a new worker. */
function restart(reason: string): void {
  worker?.terminate();
  worker = null;
  const head = waiting.keys().next();
  if (head.done) return;
  settle(head.value, failed(reason));
  for (const { request } of waiting.values()) start().postMessage(request);
}

function failed(reason: string): Assembled {
  return { html: "", problems: [{ path: "", message: `The files could not be put together. ${reason}`.trim(), fix: "Undo the last change, or reload this page." }], unshelved: [], shelved: [] };
}
