// How are dates, times and places written for people?

import type { VolunteerEvent } from "./events";

const LOCALE = "en-GB";

export const day = (date: Date) => date.toLocaleDateString(LOCALE, { day: "numeric" });
export const weekday = (date: Date) => date.toLocaleDateString(LOCALE, { weekday: "short" });
export const monthAndYear = (date: Date) => date.toLocaleDateString(LOCALE, { month: "long", year: "numeric" });
export const fullDate = (date: Date) =>
  date.toLocaleDateString(LOCALE, { weekday: "long", day: "numeric", month: "long", year: "numeric" });

const time = (date: Date) => date.toLocaleTimeString(LOCALE, { hour: "2-digit", minute: "2-digit" });

/** Write `09:00 – 12:30`, with the last day when it is another one. */
export function timeRange({ startsAt, endsAt }: Pick<VolunteerEvent, "startsAt" | "endsAt">): string {
  const sameDay = startsAt.toDateString() === endsAt.toDateString();
  const lastDay = sameDay ? "" : `${weekday(endsAt)} ${day(endsAt)}, `;
  return `${time(startsAt)} – ${lastDay}${time(endsAt)}`;
}

/** Say how many places are free, in words. */
export function placesLeft(free: number): string {
  if (free <= 0) return "Full";
  return free === 1 ? "1 place free" : `${free} places free`;
}

/** Group events, which come in order, by month. */
export function byMonth(events: VolunteerEvent[]): [string, VolunteerEvent[]][] {
  const months = new Map<string, VolunteerEvent[]>();
  for (const event of events) {
    const month = monthAndYear(event.startsAt);
    months.set(month, [...(months.get(month) ?? []), event]);
  }
  return [...months];
}
