// How do the fields for date and time, which know no time zone, become instants and back?

const MINUTE_MS = 60_000;
const LOCAL = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/;

const two = (number: number) => String(number).padStart(2, "0");

/** Write an instant as `2026-12-05T09:00` in the visitor's zone, as a `datetime-local` field wants it. */
export function toField(instant: Date | string): string {
  const date = new Date(instant);
  if (Number.isNaN(date.getTime())) return "";
  const day = `${String(date.getFullYear()).padStart(4, "0")}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** Read a field as an instant; null when it is empty, broken, or an hour that the clocks skip that night. */
export function fromField(field: string): Date | null {
  const text = field.slice(0, 16);
  if (!LOCAL.test(text)) return null;
  const date = new Date(text);
  return toField(date) === text ? date : null;
}

/** Write a field as RFC 3339 in UTC; throws TypeError when it is none. */
export function toInstant(field: string): string {
  const date = fromField(field);
  if (!date) throw new TypeError(`no time: ${field}`);
  return date.toISOString();
}

/** Move a field by minutes; a broken one stays as it is. */
export function move(field: string, minutes: number): string {
  const date = fromField(field);
  return date ? toField(new Date(date.getTime() + minutes * MINUTE_MS)) : field;
}

/** Count the minutes from one field to another; null when either is broken. */
export function minutesBetween(from: string, to: string): number | null {
  const start = fromField(from);
  const end = fromField(to);
  return start && end ? (end.getTime() - start.getTime()) / MINUTE_MS : null;
}

/** Offer a Saturday one to two weeks ahead, 10:00 to 13:00: far enough away to find people. */
export function usualTimes(now: Date): { starts: string; ends: string } {
  const daysToSaturday = ((6 - now.getDay() + 7) % 7) + 7;
  const at = (hour: number) => new Date(now.getFullYear(), now.getMonth(), now.getDate() + daysToSaturday, hour);
  return { starts: toField(at(10)), ends: toField(at(13)) };
}

/** Name the visitor's zone, for the line below the fields. */
export function zoneName(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "your own time zone";
}
