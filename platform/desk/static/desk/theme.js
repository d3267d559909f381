/**
 * The admin shows the site's theme: this browser's choice, else the person's, else the system's, also when that changes
 * while a page is open. Unfold keeps a choice of its own in the browser and asks the system once; it runs after this.
 */
(() => {
  const KEPT = "adminTheme";
  const YEAR = 31_536_000;
  const root = document.documentElement;
  const rendered = ["light", "dark"].find((theme) => root.classList.contains(theme));
  localStorage.setItem(KEPT, JSON.stringify(rendered ?? "auto"));
  // Unfold takes back only the class that it set itself.
  root.classList.remove("light", "dark");

  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", (system) => {
    if (localStorage.getItem(KEPT) === '"auto"') root.classList.toggle("dark", system.matches);
  });

  document.addEventListener("click", (event) => {
    const choice = event.target instanceof Element && event.target.closest("[data-theme-choice]");
    if (!choice) return;
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `theme=${choice.dataset.themeChoice}; path=/; max-age=${YEAR}; SameSite=Lax${secure}`;
    root.classList.remove("light", "dark");
  }, true);
})();
