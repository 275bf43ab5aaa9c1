import { describe, expect, it } from "vitest";
import { findNeeds, needWords, partByState, summarize, urgencyOf } from "./understaffed";
import type { OverviewEvent, Shift } from "../shapes";

const NOW = new Date("2026-12-01T08:00:00Z");
const inDays = (days: number, hours = 0) => new Date(NOW.getTime() + days * 86_400_000 + hours * 3_600_000).toISOString();

function shift(id: number, days: number, over: Partial<Shift> = {}): Shift {
  const times = { starts_at: inDays(days), ends_at: inDays(days, 3) };
  return { id, title: `Shift ${id}`, ...times, capacity: 8, taken: 5, free: 3, waiting: 0, ...over };
}

function event(id: number, shifts: Shift[], over: Partial<OverviewEvent> = {}): OverviewEvent {
  const totals = { capacity: 8, taken: 5, free: 3, waiting: 0 };
  const facts = { title: `Event ${id}`, location: "", starts_at: inDays(1), ends_at: inDays(1, 3) };
  return { id, ...facts, state: "published", ...totals, shifts, ...over };
}

describe("a shift that lacks people is", () => {
  it.each([
    [1, 7, "urgent"],
    [3, 7, "urgent"],
    [10, 3, "urgent"],
    [10, 4, "soon"],
    [14, 7, "soon"],
    [15, 0, "later"],
    [-0.1, 7, "urgent"],
  ])("%d days ahead with %d of 8 places taken: %s", (days, taken, urgency) => {
    expect(urgencyOf(shift(1, days, { taken, free: 8 - taken }), NOW)).toBe(urgency);
  });
});

describe("the list of needs", () => {
  it("puts the urgent first, then the soonest, then the one that lacks most", () => {
    const shifts = [
      shift(1, 20),
      shift(2, 10),
      shift(3, 12, { taken: 0, free: 8 }),
      shift(4, 2),
      shift(5, 2, { taken: 1, free: 7 }),
    ];
    expect(findNeeds([event(1, shifts)], NOW).map((need) => need.shift.id)).toEqual([5, 4, 3, 2, 1]);
  });

  it("leaves out what is full, over, a draft or cancelled", () => {
    const events = [
      event(1, [shift(1, 1, { free: 0, taken: 8 }), shift(2, -1)]),
      event(2, [shift(3, 1)], { state: "draft" }),
      event(3, [shift(4, 1)], { state: "cancelled" }),
    ];
    expect(findNeeds(events, NOW)).toEqual([]);
  });

  it("adds up", () => {
    const events = [event(1, [shift(1, 1), shift(2, 30)], { waiting: 4 }), event(2, [], { state: "draft", waiting: 9 })];
    expect(summarize(findNeeds(events, NOW), events)).toEqual({ missing: 6, shifts: 2, urgent: 1, waiting: 4 });
  });
});

describe("words", () => {
  it.each([
    [{ capacity: 8, free: 3, waiting: 0 }, "Needs 3 of 8"],
    [{ capacity: 8, free: 0, waiting: 0 }, "Full"],
    [{ capacity: 8, free: 0, waiting: 2 }, "Full, 2 waiting"],
  ])("for %j are %s", (places, words) => expect(needWords(places)).toBe(words));
});

it("drafts and cancelled events stand apart", () => {
  const events = [event(1, [], { state: "draft" }), event(2, []), event(3, [], { state: "cancelled" })];
  const ids = Object.values(partByState(events)).map((part: OverviewEvent[]) => part.map(({ id }) => id));
  expect(ids).toEqual([[1], [2], [3]]);
});
