/** Clocks and durations, pure. Instants are milliseconds since the epoch. */

/** How dates and hours are written: as on the pages that the server writes, in the words of the same language. */
export const LOCALE = "en-GB";

/** Format the time left: "1 h 04 min", "28 min", "4:07" below ten minutes, "0:00" at the end. */
export function timeLeft(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const minutes = Math.floor(seconds / 60);
  if (minutes >= 60) return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
  if (minutes >= 10) return `${minutes} min`;
  return `${minutes}:${String(seconds % 60).padStart(2, "0")}`;
}

/** How far the server's clock is ahead of ours, from one answer: its `now` against the middle of the round trip. */
export function clockOffset(serverNow: string, sent: number, received: number): number {
  const server = Date.parse(serverNow);
  return Number.isNaN(server) ? 0 : server - (sent + received) / 2;
}

/** "now", "5 min ago", "in 3 h", "12 Mar": relative within a day, else a date. */
export function relative(instant: number, now: number): string {
  const delta = instant - now;
  const size = Math.abs(delta);
  if (size < 45_000) return "now";
  const amount = size < 3_570_000 ? `${Math.round(size / 60_000)} min` : size < 84_600_000 ? `${Math.round(size / 3_600_000)} h` : "";
  if (!amount) return new Date(instant).toLocaleDateString(LOCALE, { day: "numeric", month: "short" });
  return delta > 0 ? `in ${amount}` : `${amount} ago`;
}

/** An amount in minor units as the server writes it, e.g. (1250, "EUR") -> "€12.50"; an unknown currency keeps its code. */
export function money(minor: number, currency: string): string {
  try {
    const format = new Intl.NumberFormat("en", { style: "currency", currency });
    return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
  } catch {
    return `${(minor / 100).toFixed(2)} ${currency}`;
  }
}
