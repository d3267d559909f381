/** What the app's pages use of the runtime. */
export { Pane, type PaneEvent, type PaneOptions } from "./pane";
export { assembleAside } from "./aside";
export type { Assembled, Files, Framework, Problem, Shelved, Unshelved } from "./types";
