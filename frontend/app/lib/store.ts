/** localStorage that never throws: private windows and full disks only lose the convenience. */

export function load<T>(key: string): T | null {
  try {
    return JSON.parse(localStorage.getItem(`hillclimb:${key}`) ?? "null") as T | null;
  } catch {
    return null;
  }
}

/** Store a value; false when the browser refused. */
export function keep(key: string, value: unknown): boolean {
  try {
    localStorage.setItem(`hillclimb:${key}`, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

export function forget(key: string): void {
  try {
    localStorage.removeItem(`hillclimb:${key}`);
  } catch {
    // Nothing was kept then.
  }
}

/** The keys of what is stored under names that begin so. */
export function keysOf(start: string): string[] {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(`hillclimb:${start}`)).map((key) => key.slice("hillclimb:".length));
  } catch {
    return [];
  }
}
