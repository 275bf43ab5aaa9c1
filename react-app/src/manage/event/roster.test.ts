import { describe, expect, it } from "vitest";
import type { RosterEntry, Shift } from "../shapes";
import { attendanceKey, byShift, mark, reached, tally, tallyWords } from "./roster";

const SHIFT = { id: 1, title: "Morning", starts_at: "", ends_at: "", capacity: 2, taken: 2, free: 0, waiting: 2 };
const SHIFTS: Shift[] = [SHIFT, { ...SHIFT, id: 2 }];
const entry = (id: number, name: string, over: Partial<RosterEntry> = {}): RosterEntry => ({
  id,
  shift_id: 1,
  member_id: id,
  name,
  email: `${id}@example.org`,
  phone: "",
  state: "confirmed",
  created_at: `2026-12-01T0${id}:00:00Z`,
  attended: null,
  ...over,
});
const ENTRIES = [
  entry(4, "Zoë", { state: "waiting" }),
  entry(3, "Ann", { state: "waiting", created_at: "2026-12-01T09:00:00Z" }),
  entry(2, "bob", { attended: true }),
  entry(1, "Ada", { attended: false }),
  entry(5, "Eve", { state: "cancelled" }),
  entry(6, "Ada", { shift_id: 2, member_id: 1 }),
];

describe("a roster", () => {
  it("has the confirmed by name and the waiting by turn; who cancelled is gone", () => {
    const [first, second] = byShift(SHIFTS, ENTRIES);
    expect(first?.confirmed.map(({ id }) => id)).toEqual([1, 2]);
    expect(first?.waiting.map(({ id }) => id)).toEqual([4, 3]);
    expect(second?.confirmed.map(({ id }) => id)).toEqual([6]);
  });

  it("counts who came", () => {
    expect(tally(ENTRIES.slice(2, 4))).toEqual({ present: 1, absent: 1, unknown: 0 });
    expect(tallyWords({ present: 5, absent: 0, unknown: 2 })).toBe("5 came, 2 not marked");
    expect(tallyWords({ present: 0, absent: 0, unknown: 2 })).toBe("Nobody marked yet");
  });

  it("is marked by a key", () => {
    expect(["P", "a", "u", "x", "Enter"].map(attendanceKey)).toEqual([true, false, null, undefined, undefined]);
    expect(mark(ENTRIES, 1, true).find(({ id }) => id === 1)?.attended).toBe(true);
  });

  it("knows how many different people a message reaches", () => {
    expect([reached(ENTRIES, "everyone"), reached(ENTRIES, "confirmed"), reached(ENTRIES, "waiting")]).toEqual([4, 2, 2]);
  });
});
