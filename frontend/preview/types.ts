/** Paths are relative to the project, with forward slashes; every file is text. */
export type Files = Record<string, string>;
export type Framework = "html" | "react";

/** Something in the files that the runtime could not use as written. */
export interface Problem {
  path: string;
  line?: number;
  message: string;
  fix?: string;
}

/** An address that does not load here, and what to use instead. */
export interface Unshelved {
  url: string;
  hint: string;
}

/** A known address answered from the shelf; `version` is what the shelf holds. */
export interface Shelved {
  url: string;
  library: string;
  version: string;
}

export interface Assembled {
  html: string;
  problems: Problem[];
  unshelved: Unshelved[];
  shelved: Shelved[];
}

export interface AssembleOptions {
  /** Origin that serves `/shelf/`, without a trailing slash. */
  shelfOrigin: string;
  /** HTML page to open instead of the project's entry. */
  page?: string;
}
