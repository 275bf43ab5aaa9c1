// Who stands on which shift's list, and who came?

import type { RosterEntry, Shift } from "../shapes";

export interface ShiftRoster {
  shift: Shift;
  confirmed: RosterEntry[];
  waiting: RosterEntry[];
}

export interface Tally {
  present: number;
  absent: number;
  unknown: number;
}

const byName = (one: RosterEntry, other: RosterEntry) =>
  one.name.localeCompare(other.name, "en", { sensitivity: "base" }) || one.id - other.id;
const byTurn = (one: RosterEntry, other: RosterEntry) =>
  Date.parse(one.created_at) - Date.parse(other.created_at) || one.id - other.id;

/** Give each shift its people: the confirmed by name, the waiting in the order of their turn. */
export function byShift(shifts: readonly Shift[], entries: readonly RosterEntry[]): ShiftRoster[] {
  return shifts.map((shift) => {
    const own = entries.filter(({ shift_id }) => shift_id === shift.id);
    return {
      shift,
      confirmed: own.filter(({ state }) => state === "confirmed").sort(byName),
      waiting: own.filter(({ state }) => state === "waiting").sort(byTurn),
    };
  });
}

/** Count who came. */
export function tally(entries: readonly Pick<RosterEntry, "attended">[]): Tally {
  const count = (value: boolean | null) => entries.filter(({ attended }) => attended === value).length;
  return { present: count(true), absent: count(false), unknown: count(null) };
}

/** Write `5 came, 1 did not, 2 not marked`; nothing is said about none. */
export function tallyWords({ present, absent, unknown }: Tally): string {
  if (present + absent === 0) return "Nobody marked yet";
  const words = [`${present} came`, absent > 0 && `${absent} did not`, unknown > 0 && `${unknown} not marked`];
  return words.filter(Boolean).join(", ");
}

/** Return the list with one person marked. */
export function mark(entries: readonly RosterEntry[], id: number, attended: boolean | null): RosterEntry[] {
  return entries.map((entry) => (entry.id === id ? { ...entry, attended } : entry));
}

const KEYS: Record<string, boolean | null> = { p: true, a: false, u: null };

/** Say what a key marks: P for present, A for absent, U for not known; undefined for any other. */
export function attendanceKey(key: string): boolean | null | undefined {
  return KEYS[key.toLowerCase()];
}

/** Count the different people with an active sign-up whom a message reaches. */
export function reached(entries: readonly RosterEntry[], audience: "everyone" | "confirmed" | "waiting"): number {
  const states = audience === "everyone" ? ["confirmed", "waiting"] : [audience];
  return new Set(entries.filter(({ state }) => states.includes(state)).map(({ member_id }) => member_id)).size;
}
