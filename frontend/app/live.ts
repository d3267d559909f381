/** Parts of a page that follow what goes on: they ask for themselves (hx-get) while something is under way. */
import htmx from "htmx.org";

// The site's policy lets no text be run as code and no style be written into the page.
htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.historyEnabled = false;
htmx.config.selfRequestsOnly = true;
htmx.config.timeout = 10_000;

// Nobody looks: the page asks again when somebody does.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden) event.preventDefault();
});
