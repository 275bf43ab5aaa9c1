// What has to be sent to the API so that an event becomes what the form says?

import type { EventDraft, ShiftDraft } from "./draft";
import { toInstant } from "./local-time";
import type { EventFacts, EventIn, ManagedEvent, Shift, ShiftIn } from "../shapes";

/** Build the request that creates the event; the form must have no faults. */
export function toEventIn(draft: EventDraft, state: EventIn["state"]): EventIn {
  return { ...factsOf(draft), state, shifts: draft.shifts.map(toShiftIn) };
}

export interface Changes {
  facts: Partial<EventFacts>;
  added: { index: number; shift: ShiftIn }[];
  changed: { index: number; id: number; shift: Partial<ShiftIn> }[];
  removed: number[];
}

/** Compare the form with the event as it was read; only what differs is sent. */
export function changesOf(event: ManagedEvent, draft: EventDraft): Changes {
  const known = new Map(event.shifts.map((shift) => [shift.id, shift]));
  const changes: Changes = { facts: differing(factsOf(draft), event), added: [], changed: [], removed: [] };
  draft.shifts.forEach((row, index) => {
    const before = row.id === null ? undefined : known.get(row.id);
    if (before) noteChange(changes, index, before, row);
    else changes.added.push({ index, shift: toShiftIn(row) });
  });
  const kept = new Set(draft.shifts.map(({ id }) => id));
  changes.removed = event.shifts.map(({ id }) => id).filter((id) => !kept.has(id));
  return changes;
}

function noteChange(changes: Changes, index: number, before: Shift, row: ShiftDraft): void {
  const shift = differing(toShiftIn(row), before);
  if (Object.keys(shift).length > 0) changes.changed.push({ index, id: before.id, shift });
}

/** Say whether there is anything to send. */
export function isUnchanged({ facts, added, changed, removed }: Changes): boolean {
  return Object.keys(facts).length + added.length + changed.length + removed.length === 0;
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
