/** On every page: theme, times in the reader's zone, leases that count down, menus, dialogs, shortcuts, focus. */
import { focusFirstError } from "./shell/focus";
import { findAll, menus, openers } from "./shell/menus";
import { leases, localTimes } from "./shell/times";
import { themeToggle } from "./shell/theme";
import { keyed, listen, shortcut, showSheet } from "./lib/shortcuts";

function refresh(): void {
  localTimes(document);
  leases(document);
}

shortcut({ keys: "?", say: "This list", run: showSheet });
keyed();
for (const button of findAll("[data-shortcuts]")) button.addEventListener("click", showSheet);
themeToggle();
menus();
openers();
focusFirstError();
refresh();
setInterval(() => leases(document), 1000);
setInterval(() => localTimes(document), 30_000);
listen();
