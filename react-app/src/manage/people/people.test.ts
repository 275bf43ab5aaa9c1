import { describe, expect, it } from "vitest";
import { fileFault, isWorthwhile, reportWords } from "./import-report";
import { emailFault, invitable, mayRemove } from "./people-rules";

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
