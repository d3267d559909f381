/** Menus made of <details>, and buttons that open dialogs. */

export function findAll(selector: string): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>(selector)];
}

/** A click outside or Escape closes an open menu. */
export function menus(): void {
  const open = (): HTMLDetailsElement[] => [...document.querySelectorAll<HTMLDetailsElement>("details[data-menu][open]")];
  document.addEventListener("click", (event) => {
    for (const menu of open()) if (!menu.contains(event.target as Node)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of open()) {
      menu.open = false;
      menu.querySelector("summary")?.focus();
    }
  });
}

/** [data-open-dialog="id"] opens a dialog; [data-close-dialog] inside closes it. */
export function openers(): void {
  document.addEventListener("click", (event) => {
    const target = (event.target as Element).closest<HTMLElement>("[data-open-dialog], [data-close-dialog]");
    if (!target) return;
    const id = target.dataset["openDialog"];
    if (id !== undefined) (document.getElementById(id) as HTMLDialogElement | null)?.showModal();
    else target.closest("dialog")?.close();
  });
}
