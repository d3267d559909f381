/** Copies of unsaved drafts in this browser, one a page: two tabs on a task never write over each other's.
 *
 * localStorage first, since it is written before the page can die; IndexedDB for what is too large for it. A page holds
 * a lock while it lives, so that the next one can tell copies left by the dead from those of a living tab.
 */
import { isCopy, type LocalCopy } from "./localcopy";
import { forget, keep, keysOf, load } from "./store";

const PREFIX = "draft:";
const STORE = "copies";
/** Copies this old are of tasks long gone. Milliseconds. */
const TOO_OLD = 30 * 24 * 3_600_000;

export interface KeptCopy { key: string; copy: LocalCopy }

function database(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open("hillclimb", 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
    opening.onblocked = () => reject(new Error("blocked"));
  });
}

async function within<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const db = await database();
  try {
    return await new Promise<T>((resolve, reject) => {
      const run = db.transaction(STORE, mode);
      const request = work(run.objectStore(STORE));
      run.oncomplete = () => resolve(request.result);
      run.onabort = run.onerror = () => reject(run.error);
    });
  } finally {
    db.close();
  }
}

/** The copy of one page's draft. */
export class CopyStore {
  private readonly key: string;
  private inDatabase = false;
  /** Counts what was asked, so that a slow write never outlives the order to forget. */
  private asked = 0;
  private wanted = false;

  constructor(task: string, page = crypto.randomUUID?.() ?? String(Math.random()).slice(2)) {
    this.key = `${PREFIX}${task}:${page}`;
    lastPage(task);
    // Held until this page is gone; browsers without locks take every copy for one of a dead page.
    void navigator.locks?.request(this.key, () => new Promise(() => {}));
    try {
      sessionStorage.setItem(`hillclimb:page:${task}`, this.key);
    } catch {
      // Only a reload that outruns the release of its lock would have needed it.
    }
  }

  /** Keep a copy; false when the browser refused it everywhere. */
  async keep(copy: LocalCopy): Promise<boolean> {
    const asked = ++this.asked;
    this.wanted = true;
    if (keep(this.key, copy)) {
      if (this.inDatabase) void this.drop();
      return true;
    }
    // An older copy must not be taken for the newest.
    forget(this.key);
    try {
      await within("readwrite", (store) => store.put(copy, this.key));
      this.inDatabase = true;
      if (asked !== this.asked && !this.wanted) void this.drop();
      return true;
    } catch {
      return false;
    }
  }

  /** Drop this page's copy: the server has what is in it. */
  forget(): void {
    this.asked++;
    this.wanted = false;
    forget(this.key);
    if (this.inDatabase) void this.drop();
  }

  /** Drop the copy of a page that is gone. */
  static drop(key: string): void {
    forget(key);
    void within("readwrite", (store) => store.delete(key)).catch(() => undefined);
  }

  /** The copies that dead pages left of a task, newest first; the page that this tab showed before is dead for certain. */
  static async left(task: string): Promise<KeptCopy[]> {
    const last = lastPage(task);
    const prefix = `${PREFIX}${task}:`;
    const held = new Set(((await navigator.locks?.query())?.held ?? []).map((lock) => lock.name));
    const found: KeptCopy[] = [];
    const take = (key: string, value: unknown): void => {
      if (held.has(key) && key !== last) return;
      if (isCopy(value) && Date.now() - value.at < TOO_OLD) found.push({ key, copy: value });
      else CopyStore.drop(key);
    };
    for (const key of keysOf(prefix)) take(key, load(key));
    try {
      const range = IDBKeyRange.bound(prefix, `${prefix}\uffff`);
      const keys = await within("readonly", (store) => store.getAllKeys(range));
      for (const key of keys) take(String(key), await within("readonly", (store) => store.get(key)));
    } catch {
      // No database, no copy in it.
    }
    return found.sort((one, other) => other.copy.at - one.copy.at);
  }

  private async drop(): Promise<void> {
    this.inDatabase = false;
    await within("readwrite", (store) => store.delete(this.key)).catch(() => undefined);
  }
}

let last: string | null | undefined;

/** Read once, before this page's own store writes its name there. */
export function lastPage(task: string): string | null {
  if (last !== undefined) return last;
  try {
    last = sessionStorage.getItem(`hillclimb:page:${task}`);
  } catch {
    last = null;
  }
  return last;
}
