/** The dialog that gives a task back, with the reason. */
import { h } from "./dom";
import { call, Problem } from "./http";

const REASONS = ["I ran out of time", "I cannot do this one well", "The prompt is unclear", "A page does not run here", "Another reason"];

/** Ask for the reason and release; goes to the queue afterwards. `before` runs first (saving). */
export function askRelease(options: { url: string; queue: string; note: string; before?: () => Promise<unknown> }): void {
  const dialog = h("dialog", { class: "dialog", "aria-label": "Release the task" });
  const select = h("select", { id: "release-reason" }, ...REASONS.map((reason) => h("option", {}, reason)));
  const more = h("textarea", { id: "release-more", maxlength: 1000, rows: 3 });
  const error = h("p", { class: "error", role: "alert", hidden: true });
  const button = h("button", { type: "submit", class: "btn btn-danger" }, "Release the task");
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    button.disabled = true;
    try {
      await options.before?.();
      const reason = more.value.trim() ? `${select.value}: ${more.value.trim()}` : select.value;
      const answer = await call<{ url?: string } | null>("POST", options.url, { reason });
      location.assign(answer?.url ?? options.queue);
    } catch (problem) {
      error.hidden = false;
      error.textContent = problem instanceof Problem ? problem.message : "That did not work. Try again.";
      button.disabled = false;
    }
  };
  dialog.append(
    h(
      "form",
      { method: "dialog", onsubmit: submit },
      h("div", { class: "dialog-head" }, h("h2", {}, "Release the task")),
      h(
        "div",
        { class: "dialog-body" },
        h("p", { class: "soft" }, options.note),
        h("div", { class: "field" }, h("label", { for: "release-reason" }, "Reason"), select),
        h("div", { class: "field" }, h("label", { for: "release-more" }, "More ", h("span", { class: "muted" }, "(optional)")), more),
        error,
      ),
      h("div", { class: "dialog-foot" }, h("button", { type: "button", class: "btn", onclick: () => dialog.close() }, "Keep working"), button),
    ),
  );
  document.body.append(dialog);
  dialog.addEventListener("close", () => dialog.remove());
  dialog.showModal();
}
