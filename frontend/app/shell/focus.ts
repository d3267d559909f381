/** Where the keyboard stands after a form came back. */

/** A form that came back with errors is gone on with at its first wrong field. */
export function focusFirstError(): void {
  document.querySelector<HTMLElement>("[aria-invalid=true], .field-error :is(input, select, textarea)")?.focus();
}
