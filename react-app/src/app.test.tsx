import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it, vi } from "vitest";
import { choosePage } from "./App";
import { explain, fetchEvents, parseEvents } from "./events";
import { byMonth, placesLeft, timeRange } from "./format";
import { matchRoute } from "./router";

const ITEM = {
  id: 7,
  title: "Beach clean-up",
  description: "Gloves are there.",
  organization: "Tidy Coast",
  location: "South pier",
  starts_at: "2026-12-05T09:00:00Z",
  ends_at: "2026-12-05T12:00:00Z",
  places: 20,
  signed_up: 12,
  free_places: 8,
};
const EARLIER = { ...ITEM, id: "a b", title: "Soup kitchen", starts_at: "2026-11-30T09:00:00Z", free_places: undefined };

describe("the list that the API sends", () => {
  it("is sorted by start, with ids as text and free places worked out when missing", () => {
    const events = parseEvents({ events: [ITEM, EARLIER] });
    expect(events.map(({ id, free }) => [id, free])).toEqual([["a b", 8], ["7", 8]]);
  });

  it("may be a bare array or one event, and an organization may be an object", () => {
    const [event] = parseEvents([{ ...ITEM, organization: { name: "Tidy Coast" } }]);
    expect(event?.organization).toBe("Tidy Coast");
    expect(parseEvents(ITEM)).toHaveLength(1);
  });

  it.each([null, {}, { events: 1 }, [1], [{ ...ITEM, starts_at: "soon" }], [{ ...ITEM, places: "many" }]])(
    "is refused when it is %j",
    (body) => expect(() => parseEvents(body)).toThrow(TypeError),
  );
});

describe("the API", () => {
  const answer = (status: number, body: unknown = {}) => {
    vi.stubGlobal("fetch", async () => new Response(JSON.stringify(body), { status, headers: { "Retry-After": "7" } }));
    return fetchEvents("/api/events/7", new AbortController().signal);
  };

  it("has no event when it says 404, or 422 for an id that is none", async () => {
    expect(await answer(404)).toEqual([]);
    expect(await answer(422)).toEqual([]);
  });

  it.each([
    [429, "wait 7 seconds"],
    [503, "not available right now"],
    [403, "status 403"],
    [200, "could not be read"],
  ])("fails with a sentence for people when it says %i", async (status, sentence) => {
    await expect(answer(status)).rejects.toThrow(sentence);
  });

  it("that is not there fails with a sentence, too", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("network")));
    await expect(fetchEvents("/api/events", new AbortController().signal)).rejects.toThrow("could not be reached");
  });
});

describe("an address", () => {
  it.each([
    ["/", { page: "list" }],
    ["/events/", { page: "list" }],
    ["/events/7", { page: "event", id: "7" }],
    ["/events/a%20b", { page: "event", id: "a b" }],
    ["/events/%", { page: "unknown" }],
    ["/events/7/more", { page: "unknown" }],
    ["/elsewhere", { page: "unknown" }],
  ])("%s asks for %j", (path, route) => expect(matchRoute(path)).toEqual(route));
});

describe("words", () => {
  it("say how many places are free", () => expect([0, 1, 8].map(placesLeft)).toEqual(["Full", "1 place free", "8 places free"]));

  it("name the last day of an event that runs overnight", () => {
    const startsAt = new Date(2026, 11, 5, 22, 0);
    expect(timeRange({ startsAt, endsAt: new Date(2026, 11, 6, 2, 0) })).toBe("22:00 – Sun 6, 02:00");
    expect(timeRange({ startsAt, endsAt: new Date(2026, 11, 5, 23, 30) })).toBe("22:00 – 23:30");
  });

  it("group by month", () => {
    const groups = byMonth(parseEvents([ITEM, EARLIER])).map(([month, events]) => [month, events.length]);
    expect(groups).toEqual([["November 2026", 1], ["December 2026", 1]]);
  });

  it("tell somebody who was limited how long to wait", () => expect(explain(429, "3")).toContain("wait 3 seconds"));
});

describe("a page", () => {
  const read = { kind: "read", events: parseEvents([ITEM]) } as const;
  const html = (...args: Parameters<typeof choosePage>) => renderToStaticMarkup(choosePage(...args).body);

  it("lists events with a real link to each", () => {
    expect(html({ page: "list" }, read, vi.fn())).toContain('href="/events/7"');
  });

  it("shows one event under its own title", () => {
    const page = choosePage({ page: "event", id: "7" }, read, vi.fn());
    expect(page.title).toBe("Beach clean-up");
    expect(renderToStaticMarkup(page.body)).toMatch(/Gloves are there.*South pier/);
  });

  it("says so when there are no events, when it loads, when it failed and when the event is unknown", () => {
    expect(html({ page: "list" }, { kind: "read", events: [] }, vi.fn())).toContain("No events right now");
    expect(html({ page: "list" }, { kind: "loading" }, vi.fn())).toContain('role="status"');
    expect(html({ page: "list" }, { kind: "failed", message: "Not now." }, vi.fn())).toMatch(/role="alert".*Not now\..*Try again/);
    expect(html({ page: "event", id: "8" }, read, vi.fn())).toContain("See all events");
  });

  it("holds no inline style, which the Content-Security-Policy would refuse", () => {
    expect(html({ page: "list" }, read, vi.fn())).not.toContain("style=");
  });
});
