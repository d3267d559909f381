/** The dialog that gives a task back, with the reason. */
import { h } from "./dom";
import { call, Problem } from "./http";

const REASONS = ["I ran out of time", "I cannot do this one well", "The prompt is unclear", "A page does not run here", "Another reason"];
const ANOTHER = "Another reason";

/** Ask for the reason and release; goes to the queue afterwards. `before` runs first (saving), `done` after. */
export function askRelease(options: { url: string; queue: string; note: string; before?: () => Promise<unknown>; done?: () => unknown }): void {
  if (document.querySelector("dialog.release-dialog")) return;
  const dialog = h("dialog", { class: "dialog release-dialog", "aria-labelledby": "release-title" });
  const select = h("select", { id: "release-reason", onchange: () => (more.required = select.value === ANOTHER) }, ...REASONS.map((reason) => h("option", {}, reason)));
  const more = h("textarea", { id: "release-more", maxlength: 250, rows: 3 });
  const error = h("p", { class: "error", role: "alert", hidden: true });
  const button = h("button", { type: "submit", class: "btn btn-danger" }, "Release the task");
  const go = (url: string): void => {
    options.done?.();
    location.assign(url);
  };
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    error.hidden = true;
    try {
      await options.before?.();
      const reason = more.value.trim() ? `${select.value}: ${more.value.trim()}` : select.value;
      const answer = await call<{ url?: string } | null>("POST", options.url, { reason });
      go(answer?.url ?? options.queue);
    } catch (problem) {
      // The first try may have gone through while its answer was lost.
      if (problem instanceof Problem && problem.body["current"] === "released") return go(options.queue);
      error.hidden = false;
      error.textContent = problem instanceof Problem ? problem.message : "That did not work. Try again.";
      button.disabled = false;
    }
  };
  dialog.append(
    h(
      "form",
      { method: "dialog", onsubmit: submit },
      h("div", { class: "dialog-head" }, h("h2", { id: "release-title" }, "Release the task")),
      h(
        "div",
        { class: "dialog-body" },
        h("p", { class: "soft" }, options.note),
        h("div", { class: "field" }, h("label", { for: "release-reason" }, "Reason"), select),
        h("div", { class: "field" }, h("label", { for: "release-more" }, "More ", h("span", { class: "muted" }, "(optional; the project’s leads read it)")), more),
        error,
      ),
      h("div", { class: "dialog-foot" }, h("button", { type: "button", class: "btn", onclick: () => dialog.close() }, "Keep working"), button),
    ),
  );
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
}
