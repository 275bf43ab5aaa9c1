import { describe, expect, it } from "vitest";
import { slugOf } from "./account/slug";
import { safeNext } from "./signed-in/routes";
import { byMonth, isAhead, timeRange } from "./time";

const span = (starts: Date, ends: Date) => ({ starts_at: starts.toISOString(), ends_at: ends.toISOString() });

describe("where a sign-in leads", () => {
  it("is a path of this site", () => expect(safeNext({ next: "/me?past=1" })).toEqual({ next: "/me?past=1" }));
  it.each(["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", 7, undefined])(
    "is never %s",
    (next) => expect(safeNext({ next })).toEqual({}),
  );
});

describe("times", () => {
  it("name the last day of what runs overnight", () => {
    const start = new Date(2026, 11, 5, 22, 0);
    expect(timeRange(span(start, new Date(2026, 11, 6, 2, 0)))).toBe("22:00\u00a0– Sun 6, 02:00");
    expect(timeRange(span(start, new Date(2026, 11, 5, 23, 30)))).toBe("22:00\u00a0– 23:30");
  });

  it("group by month, in order", () => {
    const spans = [10, 10, 11].map((month) => span(new Date(2026, month, 5), new Date(2026, month, 6)));
    expect(byMonth(spans).map(([name, items]) => [name, items.length])).toEqual([["November 2026", 2], ["December 2026", 1]]);
  });

  it("are ahead until they have ended", () => {
    const shift = span(new Date(2026, 1, 1, 9), new Date(2026, 1, 1, 12));
    expect(isAhead(shift, new Date(2026, 1, 1, 11))).toBe(true);
    expect(isAhead(shift, new Date(2026, 1, 1, 12))).toBe(false);
  });
});

describe("words", () => {
  it("make an address of a name", () => {
    expect(slugOf("  Café für Alle! ")).toBe("cafe-fur-alle");
    expect(slugOf("北京")).toBe("");
    expect(slugOf("x".repeat(79) + " yz")).toBe("x".repeat(79));
  });
});
