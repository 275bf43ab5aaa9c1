// What does the form for an event hold, and how does it change while somebody fills it in?

import { minutesBetween, move, toField, usualTimes } from "./local-time";
import type { ManagedEvent, Shift } from "../shapes";

export interface ShiftDraft {
  /** Tells rows apart while they are moved about; never sent. */
  key: string;
  /** The id of a shift that exists; null for a new one. */
  id: number | null;
  title: string;
  starts: string;
  ends: string;
  capacity: string;
  taken: number;
}

export interface EventDraft {
  title: string;
  description: string;
  location: string;
  starts: string;
  ends: string;
  shifts: ShiftDraft[];
}

/** Tell whether two forms say the same; how their rows are told apart does not count. */
export function isSameDraft(one: EventDraft, other: EventDraft): boolean {
  const said = (draft: EventDraft) =>
    JSON.stringify([
      [draft.title, draft.description, draft.location, draft.starts, draft.ends],
      draft.shifts.map(({ id, title, starts, ends, capacity }) => [id, title, starts, ends, capacity]),
    ]);
  return said(one) === said(other);
}

let lastKey = 0;
const newKey = () => `row-${++lastKey}`;

/** Begin a new event: a Saturday morning and one shift for all of it. */
export function newDraft(now: Date): EventDraft {
  const times = usualTimes(now);
  const draft = { title: "", description: "", location: "", ...times, shifts: [] };
  return addShift(draft);
}

/** Open an event that exists. */
export function draftOf(event: ManagedEvent): EventDraft {
  const { title, description, location } = event;
  const times = { starts: toField(event.starts_at), ends: toField(event.ends_at) };
  return { title, description, location, ...times, shifts: event.shifts.map(shiftDraftOf) };
}

function shiftDraftOf(shift: Shift): ShiftDraft {
  const times = { starts: toField(shift.starts_at), ends: toField(shift.ends_at) };
  const { id, title, taken } = shift;
  return { key: `shift-${id}`, id, title, ...times, capacity: String(shift.capacity), taken };
}

/** Add a row: after the last one while the event lasts, else beside it; the first is as long as the event. */
export function addShift(draft: EventDraft): EventDraft {
  const last = draft.shifts.at(-1);
  const times = last ? timesAfter(last, draft.ends) : { starts: draft.starts, ends: draft.ends };
  const row = { key: newKey(), id: null, title: "", ...times, capacity: last?.capacity ?? "5", taken: 0 };
  return { ...draft, shifts: [...draft.shifts, row] };
}

function timesAfter({ starts, ends }: ShiftDraft, end: string): { starts: string; ends: string } {
  const room = minutesBetween(ends, end) ?? 0;
  const length = minutesBetween(starts, ends) ?? 0;
  return room > 0 && length > 0 ? { starts: ends, ends: move(ends, Math.min(length, room)) } : { starts, ends };
}

/** Put a copy of a row below it, to be changed where it differs. */
export function duplicateShift(draft: EventDraft, key: string): EventDraft {
  const shifts = draft.shifts.flatMap((row) =>
    row.key === key ? [row, { ...row, key: newKey(), id: null, taken: 0 }] : [row],
  );
  return { ...draft, shifts };
}

/** Take a row away. */
export function removeShift(draft: EventDraft, key: string): EventDraft {
  return { ...draft, shifts: draft.shifts.filter((row) => row.key !== key) };
}

/** Change one row; a new start keeps the length of the shift. */
export function changeShift(draft: EventDraft, key: string, change: Partial<ShiftDraft>): EventDraft {
  const shifts = draft.shifts.map((row) => (row.key === key ? { ...row, ...keepLength(row, change), ...change } : row));
  return { ...draft, shifts };
}

/** Change the event itself. A new start moves the end, and the shifts with it, by as much. */
export function changeEvent(draft: EventDraft, change: Partial<Omit<EventDraft, "shifts">>): EventDraft {
  const changed = { ...draft, ...keepLength(draft, change), ...change };
  const by = change.starts === undefined ? null : minutesBetween(draft.starts, change.starts);
  if (!by) return followEnd(draft, changed);
  const shifts = draft.shifts.map((row) => ({ ...row, starts: move(row.starts, by), ends: move(row.ends, by) }));
  return { ...changed, shifts };
}

/** A single shift that is as long as the event stays so when the event becomes longer or shorter. */
function followEnd(before: EventDraft, after: EventDraft): EventDraft {
  const [only, ...others] = after.shifts;
  if (!only || others.length > 0 || only.ends !== before.ends) return after;
  return { ...after, shifts: [{ ...only, ends: after.ends }] };
}

function keepLength<Times extends { starts: string; ends: string }>(
  before: Times,
  change: { starts?: string; ends?: string },
): { ends?: string } {
  if (change.starts === undefined || change.ends !== undefined) return {};
  const by = minutesBetween(before.starts, change.starts);
  return by === null ? {} : { ends: move(before.ends, by) };
}
