/** Google Fonts stylesheets, answered by `@font-face` rules over the shelf's files. */
import table, { type Face } from "shelf:table";

const RANGES: Record<string, string> = {
  "latin-ext":
    "U+0100-02BA,U+02BD-02C5,U+02C7-02CC,U+02CE-02D7,U+02DD-02FF,U+1D00-1DBF,U+1E00-1E9F,U+1EF2-1EFF,U+20A0-20AB,U+20AD-20C0,U+2113,U+2C60-2C7F,U+A720-A7FF",
  latin: "U+0000-00FF,U+0131,U+0152-0153,U+02BB-02BC,U+02C6,U+02DA,U+02DC,U+0304,U+0308,U+0329,U+2000-206F,U+20AC,U+2122,U+2191,U+2193,U+2212,U+2215,U+FEFF,U+FFFD",
};

const ICON_CLASS =
  ".material-icons{font-family:'Material Icons';font-weight:normal;font-style:normal;font-size:24px;line-height:1;letter-spacing:normal;text-transform:none;display:inline-block;white-space:nowrap;word-wrap:normal;direction:ltr;-webkit-font-feature-settings:'liga';font-feature-settings:'liga'}";

export interface FontAnswer {
  css: string;
  missing: string[];
}

/** Families asked for by a Google Fonts address, in order, or null when it is not one. */
export function fontFamilies(url: URL): string[] | null {
  if (url.hostname !== "fonts.googleapis.com" && url.hostname !== "fonts.bunny.net") return null;
  return url.searchParams
    .getAll("family")
    .flatMap((value) => value.split("|"))
    .map((value) => value.split(":")[0]!.replaceAll("+", " ").trim())
    .filter(Boolean);
}

/** The `@font-face` rules of `families`, and the families the shelf lacks. */
export function fontFaces(families: string[], shelfRoot: string): FontAnswer {
  const css: string[] = [];
  const missing: string[] = [];
  for (const name of families) {
    const face = table.fonts[name.toLowerCase()];
    if (face) css.push(...rules(face, shelfRoot));
    else missing.push(name);
    if (face?.id === "material-icons") css.push(ICON_CLASS);
  }
  return { css: css.join("\n"), missing };
}

export function fontHint(family: string): string {
  return `The face “${family}” is not on the shelf, so the fallback of its font stack shows. Near faces that are: ${Object.values(table.fonts)
    .slice(0, 60)
    .map((face) => face.family)
    .sort()
    .join(", ")}.`;
}

function* rules(face: Face, shelfRoot: string): Generator<string> {
  const weights = face.variable ? [`${face.weights[0]} ${face.weights[1]}`] : face.weights.map(String);
  for (const style of face.styles)
    for (const weight of weights)
      for (const subset of [...face.subsets].reverse()) {
        const file = `${face.id}-${subset}-${face.variable ? "wght" : weight}-${style}.woff2`;
        const range = face.subsets.length > 1 ? `unicode-range:${RANGES[subset]};` : "";
        yield `@font-face{font-family:'${face.family}';font-style:${style};font-weight:${weight};font-display:swap;${range}src:url(${shelfRoot}/fonts/${file}) format('woff2')}`;
      }
}
