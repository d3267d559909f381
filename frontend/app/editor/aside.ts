/** Workers that answer questions by number; one that stays silent is ended, and the next question starts another. */

interface Waiting<A> { done: (answer: A | null) => void; timer: number }

export class Aside<Q extends object, A extends { id: number }> {
  private worker: Worker | null = null;
  private readonly waiting = new Map<number, Waiting<A>>();
  private last = 0;

  /** `patience` in milliseconds is the longest one question may take. */
  constructor(private readonly script: string, private readonly patience: number) {}

  /** Ask; null when the worker failed or took too long. */
  ask(question: Q): Promise<A | null> {
    const id = ++this.last;
    return new Promise((done) => {
      this.waiting.set(id, { done, timer: window.setTimeout(() => this.restart(), this.patience) });
      this.start().postMessage({ ...question, id });
    });
  }

  private start(): Worker {
    if (this.worker) return this.worker;
    this.worker = new Worker(this.script);
    this.worker.onmessage = ({ data }: MessageEvent<A>) => this.settle(data.id, data);
    this.worker.onerror = () => this.restart();
    return this.worker;
  }

  private settle(id: number, answer: A | null): void {
    const item = this.waiting.get(id);
    if (!item) return;
    this.waiting.delete(id);
    clearTimeout(item.timer);
    item.done(answer);
  }

  private restart(): void {
    this.worker?.terminate();
    this.worker = null;
    for (const id of [...this.waiting.keys()]) this.settle(id, null);
  }
}
