// What has to be sent to the API so that an event becomes what the form says?

import type { EventFacts, EventIn, ManagedEvent, Shift, ShiftIn } from "../shapes";
import type { EventDraft, ShiftDraft } from "./draft";
import { toInstant } from "./local-time";

/** Build the request that creates the event; the form must have no faults. */
export function toEventIn(draft: EventDraft, state: EventIn["state"]): EventIn {
  return { ...factsOf(draft), state, shifts: draft.shifts.map(toShiftIn) };
}

/** In the order in which they are sent: at no moment may a shift lie outside its event. */
export interface Changes {
  before: Partial<EventFacts>[];
  changed: { index: number; id: number; shift: Partial<ShiftIn> }[];
  added: { index: number; shift: ShiftIn }[];
  removed: number[];
  after: Partial<EventFacts>[];
}

/** Compare the form with the event as it was read; only what differs is sent. */
export function changesOf(event: ManagedEvent, draft: EventDraft): Changes {
  const wanted = factsOf(draft);
  const by = isSame("_at", wanted.starts_at, event.starts_at) ? 0 : Date.parse(wanted.starts_at) - Date.parse(event.starts_at);
  const known = new Map(event.shifts.map((shift) => [shift.id, { ...shift, ...moved(shift, by) }]));
  const changes: Changes = { ...timesInSteps(event, wanted, by), changed: [], added: [], removed: [] };
  draft.shifts.forEach((row, index) => {
    const before = row.id === null ? undefined : known.get(row.id);
    if (before) noteChange(changes, index, before, row);
    else changes.added.push({ index, shift: toShiftIn(row) });
  });
  const kept = new Set(draft.shifts.map(({ id }) => id));
  changes.removed = [...known.keys()].filter((id) => !kept.has(id));
  return changes;
}

/** First the event moves as a whole, which takes its shifts along; it grows before they change, and shrinks after. */
function timesInSteps(event: ManagedEvent, wanted: EventFacts, by: number): Pick<Changes, "before" | "after"> {
  const { starts_at: _starts, ends_at, ...words } = wanted;
  const first: Partial<EventFacts> = { ...differing(words, event), ...(by === 0 ? {} : moved(event, by)) };
  const end = moved(event, by).ends_at;
  const isLonger = !isSame("_at", ends_at, end) && ends_at > end;
  const isShorter = !isSame("_at", ends_at, end) && ends_at < end;
  const before = [first, isLonger ? { ends_at } : {}].filter((facts) => Object.keys(facts).length > 0);
  return { before, after: isShorter ? [{ ends_at }] : [] };
}

function moved({ starts_at, ends_at }: Pick<Shift, "starts_at" | "ends_at">, by: number): Pick<Shift, "starts_at" | "ends_at"> {
  const later = (instant: string) => new Date(Date.parse(instant) + by).toISOString();
  return { starts_at: later(starts_at), ends_at: later(ends_at) };
}

function noteChange(changes: Changes, index: number, before: Shift, row: ShiftDraft): void {
  const shift = differing(toShiftIn(row), before);
  if (Object.keys(shift).length > 0) changes.changed.push({ index, id: before.id, shift });
}

/** Build the request for one row. */
export function toShiftIn(row: Pick<ShiftDraft, "title" | "starts" | "ends" | "capacity">): ShiftIn {
  const times = { starts_at: toInstant(row.starts), ends_at: toInstant(row.ends) };
  return { title: row.title.trim(), ...times, capacity: Number(row.capacity) };
}

function factsOf(draft: EventDraft): EventFacts {
  const words = { title: draft.title.trim(), description: draft.description.trim(), location: draft.location.trim() };
  return { ...words, starts_at: toInstant(draft.starts), ends_at: toInstant(draft.ends) };
}

function differing<Wanted extends object>(wanted: Wanted, present: Wanted): Partial<Wanted> {
  const keys = Object.keys(wanted) as (keyof Wanted)[];
  const changed = keys.filter((key) => !isSame(String(key), wanted[key], present[key]));
  return Object.fromEntries(changed.map((key) => [key, wanted[key]])) as Partial<Wanted>;
}

/** Times are the same when the instants are, however they are written; the form knows no seconds. */
function isSame(key: string, one: unknown, other: unknown): boolean {
  if (!key.endsWith("_at")) return one === other;
  const minute = (instant: unknown) => Math.floor(Date.parse(String(instant)) / 60_000);
  return minute(one) === minute(other);
}
