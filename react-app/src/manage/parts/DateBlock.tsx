// On which day is it, readable from afar?

import { day, fullDate, month, weekday } from "../../time";

/** Weekday, day and month in three lines; a screen reader hears the date. */
export function DateBlock({ at }: { at: string }) {
  return (
    <time className="date-block" dateTime={at}>
      <span className="visually-hidden">{fullDate(at)}</span>
      <span aria-hidden="true">{weekday(at)}</span>
      <strong aria-hidden="true">{day(at)}</strong>
      <span aria-hidden="true">{month(at)}</span>
    </time>
  );
}
