/** The theme: the system's, light or dark. A cookie carries it, so the server renders it without a flash. */

const THEMES = ["system", "light", "dark"] as const;
type Theme = (typeof THEMES)[number];
const YEAR = 31_536_000;

function current(): Theme {
  const kept = /(?:^|; )theme=(light|dark)/.exec(document.cookie)?.[1];
  return (kept as Theme | undefined) ?? "system";
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
      document.cookie = next === "system" ? `theme=; path=/; max-age=0; SameSite=Lax${secure}` : `theme=${next}; path=/; max-age=${YEAR}; SameSite=Lax${secure}`;
      apply(next);
    });
  }
}
