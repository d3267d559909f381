/** Assembles away from the page's own thread, so that typing never waits for it. */
import { assemble } from "./assemble";
import type { Files, Framework } from "./types";

export interface AssembleRequest {
  id: number;
  files: Files;
  framework: Framework;
  shelfOrigin: string;
  page?: string;
}

self.onmessage = async ({ data }: MessageEvent<AssembleRequest>) => {
  try {
    const options = data.page === undefined ? { shelfOrigin: data.shelfOrigin } : { shelfOrigin: data.shelfOrigin, page: data.page };
    postMessage({ id: data.id, assembled: await assemble(data.files, data.framework, options) });
  } catch (error) {
    postMessage({ id: data.id, error: String(error) });
  }
};
