import { afterEach, describe, expect, it, vi } from "vitest";
import { fromField, minutesBetween, move, toField, toInstant, usualTimes } from "./local-time";

const inZone = (zone: string) => vi.stubEnv("TZ", zone);
afterEach(() => vi.unstubAllEnvs());

describe("a field for date and time", () => {
  it("shows an instant in the visitor's zone, and sends it back as the same instant", () => {
    inZone("America/New_York");
    expect(toField("2026-12-05T14:00:00Z")).toBe("2026-12-05T09:00");
    expect(toInstant("2026-12-05T09:00")).toBe("2026-12-05T14:00:00.000Z");
  });

  it("knows summer time", () => {
    inZone("Europe/Berlin");
    expect(toInstant("2026-07-01T09:00")).toBe("2026-07-01T07:00:00.000Z");
    expect(toInstant("2026-12-01T09:00")).toBe("2026-12-01T08:00:00.000Z");
  });

  it("refuses the hour that the clocks skip", () => {
    inZone("Europe/Berlin");
    expect(fromField("2026-03-29T02:30")).toBeNull();
    expect(fromField("2026-03-29T03:30")).not.toBeNull();
  });

  it.each(["", "soon", "2026-02-30T10:00", "2026-13-01T10:00"])("is no time when it is %j", (text) => {
    expect(fromField(text)).toBeNull();
    expect(() => toInstant(text)).toThrow(TypeError);
  });

  it("may come with seconds, which are dropped", () => {
    expect(fromField("2026-12-05T09:00:30")?.getSeconds()).toBe(0);
  });

  it("moves and is measured in minutes", () => {
    expect(move("2026-12-05T23:30", 45)).toBe("2026-12-06T00:15");
    expect(move("", 45)).toBe("");
    expect(minutesBetween("2026-12-05T09:00", "2026-12-05T10:30")).toBe(90);
    expect(minutesBetween("", "2026-12-05T10:30")).toBeNull();
  });
});

it.each([
  [new Date(2026, 10, 21, 15), "2026-11-28T10:00"],
  [new Date(2026, 10, 22, 15), "2026-12-05T10:00"],
  [new Date(2026, 10, 27, 15), "2026-12-05T10:00"],
])("a new event is offered for a Saturday one to two weeks after %s", (now, starts) => {
  expect(usualTimes(now).starts).toBe(starts);
});
