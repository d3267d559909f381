/** In-memory stand-ins for localStorage, sessionStorage and document.cookie, which an opaque origin does not have. */
import { STATE_LIMIT } from "../wire";

type Changed = (key: string, value: string | null) => void;

/** A Storage over a plain object; property access works as on the real one. */
export function makeStorage(start: Record<string, string>, changed: Changed): Storage {
  const items = new Map(Object.entries(start));
  const sizeOf = (key: string) => (items.has(key) ? key.length + (items.get(key) ?? "").length : 0);
  let size = [...items.keys()].reduce((sum, key) => sum + sizeOf(key), 0);
  const set = (key: string, value: string) => {
    const larger = size - sizeOf(key) + key.length + value.length;
    if (larger > STATE_LIMIT) throw new DOMException("The quota has been exceeded.", "QuotaExceededError");
    size = larger;
    items.set(key, value);
    changed(key, value);
  };
  const remove = (key: string) => {
    size -= sizeOf(key);
    if (items.delete(key)) changed(key, null);
  };
  const methods = {
    getItem: (key: string) => items.get(String(key)) ?? null,
    setItem: (key: string, value: string) => set(String(key), String(value)),
    removeItem: (key: string) => remove(String(key)),
    clear: () => [...items.keys()].forEach(remove),
    key: (index: number) => [...items.keys()][index] ?? null,
  };
  const own = (key: string | symbol): key is string => typeof key === "string" && items.has(key);
  return new Proxy(Object.create(Storage.prototype) as Storage, {
    get(target, key) {
      if (key === "length") return items.size;
      if (typeof key === "string" && Object.hasOwn(methods, key)) return methods[key as keyof typeof methods];
      return own(key) ? items.get(key) : (Object.getPrototypeOf(target) as Record<string | symbol, unknown>)[key];
    },
    set(_, key, value) {
      if (typeof key === "string") set(key, String(value));
      return true;
    },
    deleteProperty(_, key) {
      if (typeof key === "string") remove(key);
      return true;
    },
    has: (target, key) => own(key) || key in target,
    ownKeys: () => [...items.keys()],
    getOwnPropertyDescriptor: (_, key) => (own(key) ? { value: items.get(key), writable: true, enumerable: true, configurable: true } : undefined),
    defineProperty(_, key, descriptor) {
      if (typeof key === "string") set(key, String(descriptor.value));
      return true;
    },
  });
}

/** Getter and setter for document.cookie over a plain object; attributes other than expiry are ignored. */
export function makeCookies(start: Record<string, string>, changed: Changed): { get: () => string; set: (text: string) => void } {
  const items = new Map(Object.entries(start));
  return {
    get: () => [...items].map(([key, value]) => `${key}=${value}`).join("; "),
    set(text) {
      const [pair = "", ...attributes] = String(text).split(";");
      const [key = "", ...rest] = pair.split("=");
      const name = key.trim();
      const gone = attributes.some((attribute) => {
        const [what = "", value = ""] = attribute.trim().split("=");
        return (/^max-age$/i.test(what) && Number(value) <= 0) || (/^expires$/i.test(what) && Date.parse(value) < Date.now());
      });
      if (gone) items.delete(name);
      else items.set(name, rest.join("=").trim());
      changed(name, gone ? null : rest.join("=").trim());
    },
  };
}
