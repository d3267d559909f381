/** On every page: theme, times in the reader's zone, leases that count down, menus, dialogs, shortcuts, htmx. */
import htmx from "htmx.org";

import { findAll, menus, openers } from "./shell/menus";
import { leases, localTimes } from "./shell/times";
import { themeToggle } from "./shell/theme";
import { listen, shortcut, showSheet } from "./lib/shortcuts";

htmx.config.includeIndicatorStyles = false;
htmx.config.allowEval = false;
htmx.config.allowScriptTags = false;
htmx.config.selfRequestsOnly = true;
document.addEventListener("htmx:configRequest", (event) => {
  const token = document.querySelector<HTMLMetaElement>('meta[name="csrf-token"]')?.content;
  const detail = (event as CustomEvent<{ headers: Record<string, string> }>).detail;
  if (token) detail.headers["X-CSRFToken"] = token;
});
document.addEventListener("htmx:afterSettle", () => refresh());

function refresh(): void {
  localTimes(document);
  leases(document);
}

shortcut({ keys: "?", say: "This list", run: showSheet });
for (const button of findAll("[data-shortcuts]")) button.addEventListener("click", showSheet);
themeToggle();
menus();
openers();
refresh();
setInterval(() => leases(document), 1000);
setInterval(() => localTimes(document), 30_000);
listen();
