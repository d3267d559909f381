/** A path with its escapes resolved; as it is written where a per cent sign begins none. */
export function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
