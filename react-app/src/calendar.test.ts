import { describe, expect, it } from "vitest";
import { calendarFile } from "./calendar";

const SHIFT = {
  uid: "shift-1@example.org",
  title: "Soup, tea; and a very long walk along the beach – früh am Morgen, mit Gummistiefeln und Handschuhen",
  location: "South\\Pier",
  notes: "First line\nsecond line",
  url: "https://example.org/events/1",
  starts_at: "2030-05-04T09:00:00+02:00",
  ends_at: "2030-05-04T12:00:00Z",
};

describe("a calendar file", () => {
  const file = calendarFile(SHIFT, new Date("2030-01-01T00:00:00.123Z"));

  it("has the times in UTC", () => {
    expect(file).toContain("\r\nDTSTAMP:20300101T000000Z\r\nDTSTART:20300504T070000Z\r\nDTEND:20300504T120000Z\r\n");
  });

  it("has no line of more than 75 octets, and no bare line end", () => {
    const lengths = file.split("\r\n").map((line) => new TextEncoder().encode(line).length);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(75);
    expect(file.replaceAll("\r\n", "")).not.toContain("\n");
  });

  it("says all that was said, with what has a meaning escaped", () => {
    const whole = file.replaceAll("\r\n ", "");
    expect(whole).toContain("SUMMARY:Soup\\, tea\\; and a very long walk along the beach – früh am Morgen\\, mit");
    expect(whole).toContain("LOCATION:South\\\\Pier\r\n");
    expect(whole).toContain("DESCRIPTION:First line\\nsecond line\r\n");
  });
});
