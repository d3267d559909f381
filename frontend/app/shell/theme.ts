/**
 * The theme: the system's, light or dark. A cookie carries this browser's choice, so the server renders it without a
 * flash; without a cookie the page comes in the theme of the person's account, and is left so.
 */

const THEMES = ["system", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];
const YEAR = 31_536_000;

/** What is on show: the server has rendered this browser's choice, else the person's. */
function current(): Theme {
  const shown = document.documentElement.dataset["theme"];
  return shown === "light" || shown === "dark" ? shown : "system";
}

function apply(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
  const say = { system: "Theme: follows the system", light: "Theme: light", dark: "Theme: dark" }[theme];
  for (const button of document.querySelectorAll("[data-theme-toggle]")) {
    button.setAttribute("aria-label", say);
    button.setAttribute("title", say);
  }
}

/** Wire the theme buttons: each press goes to the next theme. */
export function themeToggle(): void {
  apply(current());
  for (const button of document.querySelectorAll("[data-theme-toggle]")) {
    button.addEventListener("click", () => {
      const next = THEMES[(THEMES.indexOf(current()) + 1) % THEMES.length] ?? "system";
      const secure = location.protocol === "https:" ? "; Secure" : "";
      document.cookie = `theme=${next}; path=/; max-age=${YEAR}; SameSite=Lax${secure}`;
      apply(next);
    });
  }
}
