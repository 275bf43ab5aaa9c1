// How are dates and times written for people?

const LOCALE = "en-GB";

/** Anything with a start and an end, as the API writes them. */
export interface Span {
  starts_at: string;
  ends_at: string;
}

const part = (options: Intl.DateTimeFormatOptions) => {
  const format = new Intl.DateTimeFormat(LOCALE, options);
  return (when: string) => format.format(new Date(when));
};

export const day = part({ day: "numeric" });
export const weekday = part({ weekday: "short" });
export const month = part({ month: "short" });
export const monthAndYear = part({ month: "long", year: "numeric" });
/** `Saturday 5 December` */
export const longDate = part({ weekday: "long", day: "numeric", month: "long" });
/** `Saturday 5 December 2026` */
export const fullDate = part({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
/** `Sat 5 Dec` */
export const shortDate = part({ weekday: "short", day: "numeric", month: "short" });
/** `09:00` */
export const time = part({ hour: "2-digit", minute: "2-digit" });
/** `5 Dec 2026, 09:00` */
export const dateAndTime = part({ day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit" });

/** Both are on the same day, here. */
export function isSameDay(one: string, other: string): boolean {
  return new Date(one).toDateString() === new Date(other).toDateString();
}

/** Write `09:00 – 12:30`, with the last day when it is another one. */
export function timeRange({ starts_at, ends_at }: Span): string {
  const last = isSameDay(starts_at, ends_at) ? "" : `${weekday(ends_at)} ${day(ends_at)}, `;
  return `${time(starts_at)}\u00a0– ${last}${time(ends_at)}`;
}

/** It has not ended yet. */
export function isAhead({ ends_at }: Span, now = new Date()): boolean {
  return new Date(ends_at) > now;
}

/** Group what comes in order of time, by month. */
export function byMonth<Item extends Span>(items: Item[]): [string, Item[]][] {
  const months = new Map<string, Item[]>();
  for (const item of items) {
    const name = monthAndYear(item.starts_at);
    const group = months.get(name);
    if (group) group.push(item);
    else months.set(name, [item]);
  }
  return [...months];
}
