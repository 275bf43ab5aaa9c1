import { describe, expect, it } from "vitest";
import { messageFaults, reachWords, sentTo } from "./announcements/announcing";
import { fileFault, isWorthwhile, reportWords } from "./people/import-report";
import { emailFault, invitable, mayRemove } from "./people/people-rules";
import { atRow } from "./planning/row-faults";
import { attendanceKey, byShift, mark, reached, tally, tallyWords } from "./event/roster";
import type { RosterEntry, Shift } from "./shapes";

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

describe("an import", () => {
  it.each([
    [{ created: 3, updated: 1, rejected: [] }, true, "3 people would be added, 1 person would be updated."],
    [{ created: 1, updated: 0, rejected: [{ line: 3, why: "" }] }, false, "1 person was added. 1 line is left out."],
    [{ created: 0, updated: 0, rejected: [] }, true, "Nothing would change."],
  ])("that does %j says so", (report, dryRun, words) => {
    expect(reportWords(report, { dryRun })).toBe(words);
    expect(isWorthwhile(report)).toBe(report.created > 0);
  });

  it("refuses what cannot be a list of people", () => {
    expect(fileFault({ name: "people.csv", size: 100 })).toBeNull();
    expect(fileFault({ name: "people.csv", size: 0 })).toContain("empty");
    expect(fileFault({ name: "people.csv", size: 2_000_000 })).toContain("1 MiB");
    expect(fileFault({ name: "People.XLSX", size: 100 })).toContain("CSV");
  });
});

describe("a role", () => {
  it("gives what it has", () => {
    expect(invitable("owner")).toContain("owner");
    expect(invitable("coordinator")).toEqual(["volunteer"]);
    expect([mayRemove("coordinator", "owner"), mayRemove("owner", "owner")]).toEqual([false, true]);
  });

  it.each([["ada@example.org", true], ["", false], ["ada", false], ["a b@example.org", false]])(
    "%j is an address: %s",
    (email, fits) => expect(emailFault(email) === null).toBe(fits),
  );
});

describe("an announcement", () => {
  it("says whom it reaches", () => {
    expect(reachWords({ people: 1, atLeast: false })).toBe("1 person");
    expect(reachWords({ people: 1000, atLeast: true })).toBe("more than 1,000 people");
    expect(sentTo({ event_title: null, audience: "everyone", recipients: null })).toContain("being sent");
  });

  it("needs a subject and a message", () => {
    expect(Object.keys(messageFaults({ subject: " ", body: "" }))).toEqual(["subject", "body"]);
    expect(messageFaults({ subject: "Hello", body: "There" })).toEqual({});
  });
});

it("a complaint about one shift finds its row", () => {
  expect(atRow({ title: "No." }, 2)).toEqual({ "shifts.2.title": "No." });
});
