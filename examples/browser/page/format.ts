/** Numbers and times as people read them. */

const UNITS = ["B", "kB", "MB", "GB", "TB"] as const;

/** "812 B", "4.2 MB". */
export function formatBytes(bytes: number | bigint): string {
  let value = Number(bytes);
  let unit = 0;
  for (; value >= 1000 && unit < UNITS.length - 1; unit++) value /= 1000;
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]!}`;
}

const time = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat("en", { day: "numeric", month: "short", year: "numeric" });

/** The time of today, the day of what is older. */
export function formatDate(date: Date): string {
  return date.toDateString() === new Date().toDateString() ? time.format(date) : day.format(date);
}

/** "now", "12 s", "3 min", "2 h". */
export function formatAge(since: Date): string {
  const seconds = Math.round((Date.now() - since.getTime()) / 1000);
  if (seconds < 5) return "now";
  if (seconds < 60) return `${seconds} s`;
  return seconds < 3600 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`;
}
