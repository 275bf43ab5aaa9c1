// Understaffed shifts: which still need people, and which of them first.

import type { OverviewEvent, Shift } from "../shapes";

const DAY_MS = 86_400_000;
const URGENT_DAYS = 3;
const SOON_DAYS = 14;

/** Urgent: within three days, or within two weeks and less than half full. Soon: within two weeks. */
export type Urgency = "urgent" | "soon" | "later";

export interface Need {
  event: OverviewEvent;
  shift: Shift;
  missing: number;
  urgency: Urgency;
}

const RANK: Record<Urgency, number> = { urgent: 0, soon: 1, later: 2 };

/** Say how much a shift that lacks people may not wait. */
export function urgencyOf(shift: Shift, now: Date): Urgency {
  const days = (Date.parse(shift.starts_at) - now.getTime()) / DAY_MS;
  if (days <= URGENT_DAYS) return "urgent";
  if (days > SOON_DAYS) return "later";
  return shift.taken * 2 < shift.capacity ? "urgent" : "soon";
}

/** List the shifts of published events that have free places and are not over; the most urgent first. */
export function findNeeds(events: readonly OverviewEvent[], now: Date): Need[] {
  const published = events.filter(({ state }) => state === "published");
  const needs = published.flatMap((event) =>
    event.shifts
      .filter((shift) => shift.free > 0 && Date.parse(shift.ends_at) > now.getTime())
      .map((shift) => ({ event, shift, missing: shift.free, urgency: urgencyOf(shift, now) })),
  );
  return needs.sort(moreUrgent);
}

function moreUrgent(one: Need, other: Need): number {
  return (
    RANK[one.urgency] - RANK[other.urgency] ||
    Date.parse(one.shift.starts_at) - Date.parse(other.shift.starts_at) ||
    other.missing - one.missing ||
    one.shift.id - other.shift.id
  );
}

export interface Summary {
  missing: number;
  shifts: number;
  urgent: number;
  waiting: number;
}

/** Add up what the overview says in its first line. */
export function summarize(needs: readonly Need[], events: readonly OverviewEvent[]): Summary {
  return {
    missing: needs.reduce((sum, need) => sum + need.missing, 0),
    shifts: needs.length,
    urgent: needs.filter(({ urgency }) => urgency === "urgent").length,
    waiting: events.filter(({ state }) => state === "published").reduce((sum, { waiting }) => sum + waiting, 0),
  };
}

/** Write `Needs 3 of 8`, `Full` or `Full, 2 waiting`. */
export function needWords({ capacity, free, waiting }: Pick<Shift, "capacity" | "free" | "waiting">): string {
  if (free > 0) return `Needs ${free} of ${capacity}`;
  return waiting > 0 ? `Full, ${waiting} waiting` : "Full";
}

/** Write `5 of 8 places taken`. */
export function takenWords({ capacity, taken }: Pick<Shift, "capacity" | "taken">): string {
  return `${taken} of ${capacity} places taken`;
}

export interface Sections {
  drafts: OverviewEvent[];
  published: OverviewEvent[];
  cancelled: OverviewEvent[];
}

/** Part the events by state; within each, as the API sorted them. */
export function partByState(events: readonly OverviewEvent[]): Sections {
  const within = (state: OverviewEvent["state"]) => events.filter((event) => event.state === state);
  return { drafts: within("draft"), published: within("published"), cancelled: within("cancelled") };
}

/** Write the first sentence of the overview. */
export function leadWords({ missing, shifts, urgent, waiting }: Summary): string {
  const waits = waiting === 0 ? "" : ` ${waiting === 1 ? "1 person waits" : `${waiting} people wait`} for a place.`;
  if (missing === 0) return `Nobody is missing on the shifts ahead.${waits}`;
  const people = missing === 1 ? "1 person is" : `${missing.toLocaleString("en-GB")} people are`;
  const where = shifts === 1 ? "1 shift" : `${shifts} shifts`;
  const hurry = urgent === 0 ? "" : urgent === shifts ? ", and it is urgent" : `, ${urgent} of them urgent`;
  return `${people} still needed on ${where}${hurry}.${waits}`;
}
