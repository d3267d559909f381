/** The room of panes side by side: a divider between each two on show moves it from one to the other. */
import { Divider } from "../lib/divider";
import { h } from "../lib/dom";
import { keep, load } from "../lib/store";

export interface Split { key: string; label: string; root: HTMLElement }

interface Edge { divider: Divider; el: HTMLElement; left: Split; right: Split }

export class Splits {
  private readonly edges: Edge[] = [];
  private readonly weights = new Map<string, number>();

  /** `remember` is the name under which the shares are kept; without one they begin equal. */
  constructor(private readonly deck: HTMLElement, private readonly panes: readonly Split[], private readonly remember: string | undefined) {
    const kept = (remember ? load<Record<string, number>>(remember) : null) ?? {};
    for (const { key } of panes) {
      const weight = kept[key];
      this.weights.set(key, typeof weight === "number" && weight > 0.01 && weight < 100 ? weight : 1);
    }
    for (const [at, right] of panes.entries()) {
      const left = panes[at - 1];
      if (left) this.edges.push(this.edge(left, right));
    }
  }

  /** Lay out the panes on show. */
  arrange(shown: ReadonlySet<string>): void {
    const on = this.panes.filter(({ key }) => shown.has(key));
    for (const edge of this.edges) {
      const at = on.indexOf(edge.right);
      const left = on[at - 1];
      edge.el.hidden = left === undefined;
      if (left === undefined) continue;
      edge.left = left;
      edge.el.setAttribute("aria-label", `Room for ${left.label} and ${edge.right.label}`);
    }
    this.draw(on);
  }

  private draw(on: readonly Split[]): void {
    this.deck.style.setProperty("--columns", on.map(({ key }) => `minmax(0, ${this.weight(key)}fr)`).join(" auto "));
    for (const { divider, el, left, right } of this.edges) if (!el.hidden) divider.show((100 * this.weight(left.key)) / (this.weight(left.key) + this.weight(right.key)));
  }

  private weight(key: string): number {
    return this.weights.get(key) ?? 1;
  }

  private edge(left: Split, right: Split): Edge {
    const el = h("div", {});
    right.root.before(el);
    const divider = new Divider(el, {
      initial: 50, least: 15, most: 85, unit: "%", axis: "x",
      box: () => {
        const from = edge.left.root.getBoundingClientRect();
        const to = edge.right.root.getBoundingClientRect();
        return new DOMRect(from.x, from.y, to.right - from.x, from.height);
      },
      move: (share) => this.move(edge, share),
    });
    const edge: Edge = { divider, el, left, right };
    return edge;
  }

  /** Give the pane at the left this share of the room of the two, in per cent; the others keep theirs. */
  private move({ left, right }: Edge, share: number): void {
    const both = this.weight(left.key) + this.weight(right.key);
    this.weights.set(left.key, (both * share) / 100);
    this.weights.set(right.key, (both * (100 - share)) / 100);
    if (this.remember) keep(this.remember, Object.fromEntries(this.weights));
    this.draw(this.panes.filter((pane) => this.edges.some((edge) => !edge.el.hidden && (edge.left === pane || edge.right === pane))));
  }
}
