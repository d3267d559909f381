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
