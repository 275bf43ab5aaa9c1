import { describe, expect, it } from "vitest";
import { addShift, changeEvent, changeShift, draftOf, duplicateShift, isSameDraft, newDraft, removeShift } from "./draft";
import { findFaults } from "./rules";
import { changesOf, toEventIn } from "./changes";
import { toInstant } from "./local-time";
import type { ManagedEvent } from "../shapes";

const NOW = new Date(2026, 10, 23, 9);
const at = (hour: number) => toInstant(`2026-12-05T${String(hour).padStart(2, "0")}:00`);

const SHIFT = { starts_at: at(10), ends_at: at(12), capacity: 5, taken: 2, free: 3, waiting: 0 };
const EVENT: ManagedEvent = {
  id: 7,
  title: "Beach clean-up",
  description: "",
  location: "South pier",
  starts_at: at(10),
  ends_at: at(14),
  organization: "Tidy Coast",
  organization_slug: "tidy-coast",
  capacity: 10,
  taken: 4,
  free: 6,
  state: "published",
  shifts: [
    { id: 1, title: "Morning", ...SHIFT },
    { id: 2, title: "Noon", ...SHIFT, starts_at: at(12), ends_at: at(14) },
  ],
};
const rows = (draft: { shifts: { starts: string; ends: string }[] }) =>
  draft.shifts.map(({ starts, ends }) => [starts.slice(11), ends.slice(11)]);

describe("a form", () => {
  it("is changed by what it says, and not by how it came to say it", () => {
    const saved = draftOf(EVENT);
    const typed = changeEvent(saved, { location: "North pier" });
    expect(isSameDraft(typed, saved)).toBe(false);
    expect(isSameDraft(changeEvent(typed, { location: "South pier" }), saved)).toBe(true);
    const begun = newDraft(NOW);
    expect(isSameDraft(newDraft(NOW), begun)).toBe(true);
    expect(isSameDraft(addShift(begun), begun)).toBe(false);
    expect(isSameDraft(changeShift(saved, "shift-2", { capacity: "6" }), saved)).toBe(false);
  });
});

describe("a new event", () => {
  it("begins with one shift as long as itself", () => {
    const draft = newDraft(NOW);
    expect(draft.shifts).toHaveLength(1);
    expect(draft.shifts[0]).toMatchObject({ starts: draft.starts, ends: draft.ends, capacity: "5" });
  });

  it("names what is missing at its field", () => {
    const draft = changeEvent(removeShift(newDraft(NOW), "none"), { ends: "2000-01-01T10:00" });
    const faults = findFaults(draft, { publish: false });
    expect(Object.keys(faults).sort()).toEqual(["ends_at", "shifts.0.ends_at", "shifts.0.title", "title"]);
  });

  it("may be a draft without shifts, but not be published so", () => {
    const draft = { ...newDraft(NOW), title: "Soup kitchen", shifts: [] };
    expect(findFaults(draft, { publish: false })).toEqual({});
    expect(findFaults(draft, { publish: true })).toHaveProperty("shifts");
  });

  it.each(["0", "-1", "1.5", "", "many", "10001"])("refuses room for %j people", (capacity) => {
    const draft = newDraft(NOW);
    const key = draft.shifts[0]?.key ?? "";
    expect(findFaults(changeShift(draft, key, { capacity }), { publish: false })).toHaveProperty("shifts.0.capacity");
  });

  it("is sent trimmed and in UTC", () => {
    const draft = draftOf(EVENT);
    expect(toEventIn({ ...draft, title: " Beach " }, "draft")).toMatchObject({
      title: "Beach",
      state: "draft",
      starts_at: at(10),
      shifts: [{ title: "Morning", capacity: 5 }, { ends_at: at(14) }],
    });
  });
});

describe("while it is filled in", () => {
  it("a new start moves the end and every shift", () => {
    const moved = changeEvent(draftOf(EVENT), { starts: "2026-12-05T11:00" });
    expect(moved.ends.slice(11)).toBe("15:00");
    expect(rows(moved)).toEqual([["11:00", "13:00"], ["13:00", "15:00"]]);
  });

  it("a single shift follows the end of the event", () => {
    const draft = newDraft(NOW);
    expect(changeEvent(draft, { ends: `${draft.ends.slice(0, 11)}16:00` }).shifts[0]?.ends).toMatch(/16:00$/);
  });

  it("the next shift begins where the last one ends, while the event lasts, and else beside it", () => {
    const longer = changeEvent(draftOf(EVENT), { ends: "2026-12-05T15:00" });
    expect(addShift(longer).shifts.at(-1)).toMatchObject({ starts: "2026-12-05T14:00", ends: "2026-12-05T15:00", id: null });
    expect(rows(addShift(draftOf(EVENT))).at(-1)).toEqual(["12:00", "14:00"]);
  });

  it("a shift stays within its event", () => {
    const draft = changeEvent(draftOf(EVENT), { ends: "2026-12-05T13:00" });
    expect(findFaults(draft, { publish: true })).toEqual({ "shifts.1.ends_at": "The event ends earlier than this." });
  });

  it("a copy is a new row below its original", () => {
    const draft = duplicateShift(draftOf(EVENT), "shift-1");
    expect(draft.shifts.map(({ id, title }) => [id, title])).toEqual([[1, "Morning"], [null, "Morning"], [2, "Noon"]]);
    expect(new Set(draft.shifts.map(({ key }) => key)).size).toBe(3);
  });

  it("a new start of a shift keeps its length, a new end changes it", () => {
    const later = changeShift(draftOf(EVENT), "shift-1", { starts: "2026-12-05T11:00" });
    expect(rows(later)[0]).toEqual(["11:00", "13:00"]);
    expect(rows(changeShift(later, "shift-1", { ends: "2026-12-05T12:00" }))[0]).toEqual(["11:00", "12:00"]);
  });
});

describe("an event that exists", () => {
  const nothing = { before: [], changed: [], added: [], removed: [], after: [] };

  it("has nothing to send when nothing was changed", () => {
    expect(changesOf(EVENT, draftOf(EVENT))).toEqual(nothing);
    const odd = { ...EVENT, starts_at: EVENT.starts_at.replace(".000Z", "+00:00") };
    expect(changesOf(odd, draftOf(odd))).toEqual(nothing);
  });

  it("sends only what differs", () => {
    let draft = changeEvent(draftOf(EVENT), { location: "North pier" });
    draft = changeShift(draft, "shift-2", { capacity: "9" });
    draft = addShift(removeShift(draft, "shift-1"));
    const { before, added, changed, removed } = changesOf(EVENT, draft);
    expect(before).toEqual([{ location: "North pier" }]);
    expect(changed).toEqual([{ index: 0, id: 2, shift: { capacity: 9 } }]);
    expect(added.map(({ index }) => index)).toEqual([1]);
    expect(removed).toEqual([1]);
  });

  it("is moved as a whole by one request, for its shifts go along", () => {
    const draft = changeEvent(draftOf(EVENT), { starts: "2026-12-05T11:00" });
    expect(changesOf(EVENT, draft)).toEqual({ ...nothing, before: [{ starts_at: at(11), ends_at: at(15) }] });
  });

  it("grows before its shifts do", () => {
    const draft = changeShift(changeEvent(draftOf(EVENT), { ends: "2026-12-05T16:00" }), "shift-2", { ends: "2026-12-05T16:00" });
    const changed = [{ index: 1, id: 2, shift: { ends_at: at(16) } }];
    expect(changesOf(EVENT, draft)).toEqual({ ...nothing, before: [{ ends_at: at(16) }], changed });
  });

  it("shrinks after its shifts did", () => {
    const draft = changeShift(changeEvent(draftOf(EVENT), { ends: "2026-12-05T13:00" }), "shift-2", { ends: "2026-12-05T13:00" });
    const changed = [{ index: 1, id: 2, shift: { ends_at: at(13) } }];
    expect(changesOf(EVENT, draft)).toEqual({ ...nothing, changed, after: [{ ends_at: at(13) }] });
  });

  it("begins earlier while its shifts stay: it moves, grows, and they go back", () => {
    let draft = changeEvent(draftOf(EVENT), { starts: "2026-12-05T09:00" });
    draft = changeEvent(draft, { ends: "2026-12-05T14:00" });
    draft = changeShift(draft, "shift-1", { starts: "2026-12-05T10:00" });
    draft = changeShift(draft, "shift-2", { starts: "2026-12-05T12:00" });
    const { before, changed, after } = changesOf(EVENT, draft);
    expect(before).toEqual([{ starts_at: at(9), ends_at: at(13) }, { ends_at: at(14) }]);
    expect(changed.map(({ shift }) => shift)).toEqual([
      { starts_at: at(10), ends_at: at(12) },
      { starts_at: at(12), ends_at: at(14) },
    ]);
    expect(after).toEqual([]);
  });
});
