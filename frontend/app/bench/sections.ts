/** The tabs of a side panel: sections with role=tabpanel under a role=tablist, as written in the template. */

export class Sections {
  private readonly tabs: HTMLButtonElement[];

  constructor(private readonly root: HTMLElement) {
    this.tabs = [...root.querySelectorAll<HTMLButtonElement>("[role=tab]")];
    for (const tab of this.tabs) {
      tab.addEventListener("click", () => this.open(tab.dataset["section"] ?? ""));
      tab.addEventListener("keydown", (event) => {
        const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
        if (by === undefined) return;
        event.preventDefault();
        const next = this.tabs[(this.tabs.indexOf(tab) + by + this.tabs.length) % this.tabs.length];
        next?.focus();
        next?.click();
      });
    }
    this.open(this.tabs[0]?.dataset["section"] ?? "");
  }

  open(name: string): void {
    for (const tab of this.tabs) {
      const on = tab.dataset["section"] === name;
      tab.setAttribute("aria-selected", String(on));
      tab.tabIndex = on ? 0 : -1;
      const panel = this.root.querySelector<HTMLElement>(`#${tab.getAttribute("aria-controls")}`);
      if (panel) panel.hidden = !on;
    }
  }

  count(name: string, text: string, tone = ""): void {
    const el = this.root.querySelector(`[data-section="${name}"] .count`);
    if (!el) return;
    el.textContent = text;
    el.className = `count ${tone}`;
  }
}
