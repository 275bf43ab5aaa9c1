// What is wrong with the form for an event, and at which field?

import type { EventDraft, ShiftDraft } from "./draft";
import { fromField } from "./local-time";

/** A message for each field that is wrong; `shifts.1.title` is the title of the second row. */
export type Faults = Record<string, string>;

const TITLE_MAX = 200;
const TEXT_MAX = 5000;
const CAPACITY_MAX = 10_000;
const SHIFTS_MAX = 50;

/** Find every fault; an event that is published needs a shift. */
export function findFaults(draft: EventDraft, { publish }: { publish: boolean }): Faults {
  const faults: Faults = {};
  const say = (field: string, fault: string | null) => {
    if (fault) faults[field] = fault;
  };
  say("title", titleFault(draft.title, "event"));
  say("location", tooLong(draft.location, TITLE_MAX));
  say("description", tooLong(draft.description, TEXT_MAX));
  say("starts_at", timeFault(draft.starts));
  say("ends_at", endFault(draft));
  say("shifts", countFault(draft.shifts.length, publish));
  draft.shifts.forEach((row, index) => {
    const found = { ...outsideFaults(row, draft), ...shiftFaults(row) };
    for (const [field, fault] of Object.entries(found)) say(`shifts.${index}.${field}`, fault);
  });
  return faults;
}

/** Find the faults of one row. */
export function shiftFaults(row: Pick<ShiftDraft, "title" | "starts" | "ends" | "capacity">): Faults {
  const faults = {
    title: titleFault(row.title, "shift"),
    starts_at: timeFault(row.starts),
    ends_at: endFault(row),
    capacity: capacityFault(row.capacity),
  };
  return Object.fromEntries(Object.entries(faults).filter((entry): entry is [string, string] => entry[1] !== null));
}

/** A shift lies within its event. */
function outsideFaults(row: ShiftDraft, event: EventDraft): Faults {
  const [from, to, start, end] = [row.starts, row.ends, event.starts, event.ends].map(fromField);
  return {
    ...(from && start && from < start && { starts_at: "The event begins later than this." }),
    ...(to && end && to > end && { ends_at: "The event ends earlier than this." }),
  };
}

/** Check how many people a shift needs, as it was typed. */
export function capacityFault(text: string): string | null {
  const number = /^\d{1,6}$/.test(text.trim()) ? Number(text) : Number.NaN;
  return number >= 1 && number <= CAPACITY_MAX ? null : "Give a number from 1 to 10,000.";
}

function titleFault(title: string, what: string): string | null {
  if (!title.trim()) return `Give the ${what} a name.`;
  return tooLong(title, TITLE_MAX);
}

function tooLong(text: string, max: number): string | null {
  return text.length > max ? `At most ${max.toLocaleString("en-GB")} characters; these are ${text.length}.` : null;
}

function timeFault(field: string): string | null {
  if (!field) return "Choose a date and a time.";
  return fromField(field) ? null : "The clocks skip this time that night. Choose another.";
}

function endFault({ starts, ends }: { starts: string; ends: string }): string | null {
  const start = fromField(starts);
  const end = fromField(ends);
  if (!end) return timeFault(ends);
  return start && end <= start ? "The end must be after the start." : null;
}

function countFault(count: number, publish: boolean): string | null {
  if (publish && count === 0) return "An event needs at least one shift before it can be published.";
  return count > SHIFTS_MAX ? `At most ${SHIFTS_MAX} shifts.` : null;
}
