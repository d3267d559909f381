/**
 * The keyboard stays where the person left it. A page may focus its own elements at any time, and a browser then moves
 * the keyboard into the frame: from the editor, in the middle of a word. A browser that can refuse is asked to; in any
 * other the keyboard is given back while the person writes, and at most the key in flight is lost. Whether they went
 * there by a click cannot be seen from here, so somebody who has paused keeps what the page did.
 */

export interface Focusable {
  /** The page took the keyboard by itself. */
  tookFocus(): void;
}

const FEATURE = "focus-without-user-activation";
const policy = (document as Document & { featurePolicy?: { features(): string[] } }).featurePolicy;

/** What a frame's `allow` says of the keyboard: nothing in a browser that does not know the feature, and would complain. */
export const FOCUS_POLICY = policy?.features().includes(FEATURE) ? `${FEATURE} 'none'` : "";

/** A person who pressed a key this recently is writing, in milliseconds. */
const WRITING = 1000;
/** How long after a Tab the frame may be what it led to. */
const TABBED = 500;

let before: HTMLElement | null = null;
let wrote = -Infinity;
let tabbed = -Infinity;

/** Watch the window; `paneOf` tells whose frame an element is. */
export function guardFocus(paneOf: (element: Element) => Focusable | undefined): void {
  document.addEventListener("focusin", ({ target }) => {
    if (target instanceof HTMLElement && !paneOf(target)) before = target;
  });
  window.addEventListener(
    "keydown",
    ({ key }) => {
      wrote = performance.now();
      if (key === "Tab") tabbed = wrote;
    },
    true,
  );
  window.addEventListener("blur", () => window.setTimeout(() => check(paneOf)));
}

function check(paneOf: (element: Element) => Focusable | undefined): void {
  const frame = document.activeElement;
  const pane = frame ? paneOf(frame) : undefined;
  if (!pane) return;
  const now = performance.now();
  if (now - tabbed < TABBED || now - wrote > WRITING) return;
  (frame as HTMLElement).blur();
  window.focus();
  if (before?.isConnected) before.focus({ preventScroll: true });
  pane.tookFocus();
}
