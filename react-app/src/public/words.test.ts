import { describe, expect, it } from "vitest";
import { placesLeft, urgency } from "../ui/Places";
import { beginning } from "./Description";
import { counted } from "./PagedEvents";
import { matchPublic } from "./routes";

describe("an address", () => {
  it.each([
    ["/", { page: "home" }],
    ["/events/", { page: "home" }],
    ["/events/7", { page: "event", id: 7 }],
    ["/o/tidy-coast", { page: "organization", slug: "tidy-coast" }],
    ["/my-sign-up", { page: "my-sign-up" }],
    ["/events/7/more", null],
    ["/events/seven", null],
    ["/o/..%2f", null],
    ["/me", null],
  ])("%s asks for %j", (path, route) => expect(matchPublic(path)).toEqual(route));
});

describe("places", () => {
  const count = (free: number) => ({ capacity: 20, taken: 20 - free, free });

  it("are counted in words", () => {
    expect([0, 1, 8].map((free) => placesLeft(count(free)))).toEqual(["Full", "1 of 20 places free", "8 of 20 places free"]);
  });

  it("are open, few or full", () => expect([0, 4, 5].map((free) => urgency(count(free)))).toEqual(["full", "few", "open"]));
});

describe("words", () => {
  it("of a long text are cut between two", () => {
    expect(beginning("word ".repeat(200))).toMatch(/word …$/);
    expect(beginning("w".repeat(900)).length).toBeLessThan(425);
  });

  it("count a list for a reader", () => {
    expect([counted(0, false), counted(1, false), counted(30, true)]).toEqual(["No events", "One event", "30 events, and there are more"]);
  });
});
