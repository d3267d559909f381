/** Outlines one element without touching the page's own markup or styles: an animation that stands still does both. */

const LOOK: PropertyIndexedKeyframes = { outline: "3px solid #d9480f", outlineOffset: "-1px", boxShadow: "0 0 0 5px rgb(255 255 255 / 85%)" };

/** Take what is needed from the window before the page can replace it; returns the function that outlines. */
export function makeHighlight(): (selector: string) => boolean {
  const find = Document.prototype.querySelector;
  const { animate, scrollIntoView } = Element.prototype;
  let shown: Animation | null = null;
  return (selector) => {
    shown?.cancel();
    shown = null;
    if (!selector) return false;
    try {
      const element = find.call(document, selector);
      if (!element) return false;
      shown = animate.call(element, LOOK, { duration: 1, fill: "forwards" });
      scrollIntoView.call(element, { block: "center", inline: "nearest" });
      return true;
    } catch {
      // Not a selector that this page understands.
      return false;
    }
  };
}
