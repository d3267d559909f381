/** A divider between two rows or columns: dragged, or moved with the arrow keys. Writes a percentage as a CSS variable. */
import { keep, load } from "../lib/store";

const LEAST = 15;
const MOST = 85;

export function divider(el: HTMLElement, container: HTMLElement, variable: string, name: string, initial: number): (value: number) => void {
  let value = load<number>(`divider:${name}`) ?? initial;
  const set = (next: number): void => {
    value = Math.min(MOST, Math.max(LEAST, Math.round(next)));
    container.style.setProperty(variable, `${value}%`);
    el.setAttribute("aria-valuenow", String(value));
    keep(`divider:${name}`, value);
  };
  el.setAttribute("role", "separator");
  el.setAttribute("aria-orientation", "horizontal");
  el.setAttribute("aria-valuemin", String(LEAST));
  el.setAttribute("aria-valuemax", String(MOST));
  el.tabIndex = 0;
  el.addEventListener("pointerdown", (event) => {
    event.preventDefault();
    el.setPointerCapture(event.pointerId);
    // Frames would swallow the pointer: the class lets them through while dragging.
    container.classList.add("is-dragging");
    const box = container.getBoundingClientRect();
    const move = (at: PointerEvent): void => set(((at.clientY - box.top) / box.height) * 100);
    const stop = (): void => {
      container.classList.remove("is-dragging");
      el.removeEventListener("pointermove", move);
    };
    el.addEventListener("pointermove", move);
    el.addEventListener("pointerup", stop, { once: true });
    el.addEventListener("pointercancel", stop, { once: true });
  });
  el.addEventListener("keydown", (event) => {
    const to = { ArrowUp: value - 4, ArrowDown: value + 4, Home: LEAST, End: MOST }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    set(to);
  });
  el.addEventListener("dblclick", () => set(initial));
  set(value);
  return set;
}
