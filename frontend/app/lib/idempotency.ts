/** Idempotency keys that outlive retries and reloads: the same body under the same scope keeps its key until settled. */

export interface KeyStore { getItem(key: string): string | null; setItem(key: string, value: string): void; removeItem(key: string): void }

const PREFIX = "hillclimb:key:";

/** 53-bit hash of a body (cyrb53): enough to tell whether a body changed since its key was made. */
export function fingerprint(text: string): string {
  let a = 0xdeadbeef;
  let b = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 2654435761);
    b = Math.imul(b ^ code, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return `${(4294967296 * (2097151 & b) + (a >>> 0)).toString(36)}.${text.length}`;
}

export class IdempotencyKeys {
  constructor(private readonly store: KeyStore, private readonly make: () => string = () => crypto.randomUUID()) {}

  /** The key for sending `body`: kept while the body stays the same, new when it changes (the server answers 422 to a reuse). */
  keyFor(scope: string, body: string): string {
    const print = fingerprint(body);
    try {
      const kept = JSON.parse(this.store.getItem(PREFIX + scope) ?? "null") as { key: string; print: string } | null;
      if (kept && kept.print === print) return kept.key;
    } catch {
      // A damaged entry is replaced below.
    }
    const key = this.make();
    try {
      this.store.setItem(PREFIX + scope, JSON.stringify({ key, print }));
    } catch {
      // A full store costs only the protection across a reload.
    }
    return key;
  }

  /** Forget the key: the server has answered for good. */
  settle(scope: string): void {
    this.store.removeItem(PREFIX + scope);
  }
}
