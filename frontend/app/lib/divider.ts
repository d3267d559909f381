/** A divider between two rows or columns: dragged, or moved with the arrow keys. What its place means is its owner's. */
import { keep, load } from "./store";

export interface DividerOptions {
  initial: number;
  least: number;
  most: number;
  unit: "%" | "px";
  /** "y" divides rows, "x" columns. */
  axis: "x" | "y";
  /** What the pointer's place is measured in. */
  box(): DOMRect;
  /** It was moved to here. */
  move(value: number): void;
}

/** How far one press of an arrow key moves it, by unit. */
const STEP = { "%": 4, px: 16 } as const;

export class Divider {
  private value: number;
  private axis: "x" | "y";

  constructor(private readonly el: HTMLElement, private readonly options: DividerOptions) {
    this.axis = options.axis;
    this.value = options.initial;
    el.classList.add("divider");
    el.setAttribute("role", "separator");
    el.setAttribute("aria-valuemin", String(options.least));
    el.setAttribute("aria-valuemax", String(options.most));
    el.tabIndex = 0;
    el.addEventListener("pointerdown", (event) => this.drag(event));
    el.addEventListener("keydown", (event) => this.key(event));
    el.addEventListener("dblclick", () => this.set(options.initial));
    this.setAxis(this.axis);
    this.show(this.value);
  }

  /** Move it, and tell its owner. */
  set(value: number): void {
    this.show(value);
    this.options.move(this.value);
  }

  /** Say where it is; its owner knows. */
  show(value: number): void {
    const { unit, least, most } = this.options;
    this.value = Math.min(most, Math.max(least, Math.round(value)));
    this.el.setAttribute("aria-valuenow", String(this.value));
    this.el.setAttribute("aria-valuetext", unit === "%" ? `${this.value} per cent` : `${this.value} pixels`);
  }

  setAxis(axis: "x" | "y"): void {
    this.axis = axis;
    this.el.classList.toggle("is-upright", axis === "x");
    this.el.setAttribute("aria-orientation", axis === "x" ? "vertical" : "horizontal");
  }

  private drag(event: PointerEvent): void {
    event.preventDefault();
    this.el.setPointerCapture(event.pointerId);
    const { unit } = this.options;
    // Frames would swallow the pointer: the class lets them through while dragging.
    document.body.classList.add("is-dragging");
    const box = this.options.box();
    const move = (at: PointerEvent): void => {
      const far = this.axis === "x" ? at.clientX - box.left : at.clientY - box.top;
      this.set(unit === "px" ? far : (far / (this.axis === "x" ? box.width : box.height)) * 100);
    };
    const stop = (): void => {
      document.body.classList.remove("is-dragging");
      this.el.removeEventListener("pointermove", move);
    };
    this.el.addEventListener("pointermove", move);
    this.el.addEventListener("lostpointercapture", stop, { once: true });
  }

  private key(event: KeyboardEvent): void {
    const { least, most, unit } = this.options;
    const [back, on] = this.axis === "x" ? ["ArrowLeft", "ArrowRight"] : ["ArrowUp", "ArrowDown"];
    const to = { [back as string]: this.value - STEP[unit], [on as string]: this.value + STEP[unit], Home: least, End: most }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    this.set(to);
  }
}

export interface EdgeOptions extends Omit<DividerOptions, "box" | "move"> {
  /** Where the variable is set, and what percentages are of. */
  container: HTMLElement;
  variable: string;
  name: string;
}

/** A divider whose place is a CSS variable of its container, and is remembered. */
export function edge(el: HTMLElement, { container, variable, name, ...options }: EdgeOptions): Divider {
  const write = (value: number): void => container.style.setProperty(variable, `${value}${options.unit}`);
  const kept = load<number>(`divider:${name}`);
  const divider = new Divider(el, {
    ...options,
    box: () => container.getBoundingClientRect(),
    move: (value) => {
      write(value);
      keep(`divider:${name}`, value);
    },
  });
  const first = Math.min(options.most, Math.max(options.least, Math.round(typeof kept === "number" ? kept : options.initial)));
  divider.show(first);
  write(first);
  return divider;
}
