/** Times in the reader's zone, and leases that count down. */
import { LOCALE, relative, timeLeft } from "../lib/time";

const FORMATS: Record<string, Intl.DateTimeFormatOptions> = {
  date: { day: "numeric", month: "short", year: "numeric" },
  time: { hour: "2-digit", minute: "2-digit" },
  datetime: { day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" },
};

export function localTimes(root: ParentNode): void {
  for (const el of root.querySelectorAll<HTMLTimeElement>("time[data-local]")) {
    const instant = Date.parse(el.dateTime);
    if (Number.isNaN(instant)) continue;
    const kind = el.dataset["local"] || "datetime";
    const full = new Date(instant).toLocaleString(LOCALE, { dateStyle: "full", timeStyle: "long" });
    el.textContent = kind === "relative" ? relative(instant, Date.now()) : new Date(instant).toLocaleString(LOCALE, FORMATS[kind] ?? FORMATS["datetime"]);
    el.title = full;
  }
}

export function leases(root: ParentNode): void {
  for (const el of root.querySelectorAll<HTMLElement>("[data-lease-until]")) {
    const until = Date.parse(el.dataset["leaseUntil"] ?? "");
    if (Number.isNaN(until)) continue;
    const left = until - Date.now();
    const text = left > 0 ? `${timeLeft(left)} left` : "Lease ran out";
    if (el.textContent !== text) el.textContent = text;
  }
}
