/** File names inside a file set, pure. The server holds the same rules; saying it here saves a round trip. */

const LONGEST = 200;

/** Why `path` cannot be used beside `others`, in plain words; null when it can. */
export function pathProblem(path: string, others: readonly string[]): string | null {
  if (!path.trim()) return "Give the file a name, such as styles.css.";
  if (path !== path.trim()) return "A name cannot begin or end with a space.";
  if (path.length > LONGEST) return `A name can have ${LONGEST} characters at most.`;
  // eslint-style control ranges are wanted here: no control character belongs in a name.
  if (/[\u0000-\u001f\u007f\\:*?"<>|]/.test(path)) return 'These cannot be in a name: \\ : * ? " < > | and control characters.';
  if (path.startsWith("/")) return "Leave out the leading slash: names are relative.";
  if (path.split("/").some((part) => part === "" || part === "." || part === ".." || part.startsWith(".."))) return "Each folder needs a name; “.” and “..” are not names.";
  if (path !== path.normalize("NFC")) return "Type the name again: its accents are in an unusual form.";
  const clash = others.find((other) => other.toLowerCase() === path.toLowerCase());
  if (clash !== undefined) return clash === path ? "There is already a file of that name." : `Too close to ${clash}: names may not differ by case alone.`;
  const inside = others.find((other) => other.startsWith(`${path}/`) || path.startsWith(`${other}/`));
  return inside === undefined ? null : `${inside} is in the way: a name cannot be a file and a folder.`;
}

export type Language = "html" | "css" | "javascript" | "typescript" | "json" | "text";

/** The language to edit a path in, by its ending. */
export function languageOf(path: string): Language {
  const ending = path.slice(path.lastIndexOf(".") + 1).toLowerCase();
  if (["html", "htm", "svg", "xml", "vue"].includes(ending)) return "html";
  if (ending === "css") return "css";
  if (["js", "mjs", "cjs", "jsx"].includes(ending)) return "javascript";
  if (["ts", "tsx", "mts"].includes(ending)) return "typescript";
  return ending === "json" ? "json" : "text";
}

/** The file to show first: the entry page or component, else the first by name. */
export function firstPath(paths: readonly string[]): string | undefined {
  const wanted = ["index.html", "src/App.tsx", "App.tsx", "src/main.tsx", "main.tsx", "index.tsx", "app.tsx"];
  return wanted.find((path) => paths.includes(path)) ?? paths.find((path) => path.endsWith(".html")) ?? [...paths].sort()[0];
}
