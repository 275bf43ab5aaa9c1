import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { renderToStaticMarkup } from "react-dom/server";
import { beforeAll, describe, expect, it, vi } from "vitest";
import type { VolunteerEvent } from "../api/types";
import { Field } from "../ui/Field";
import { Form } from "../ui/Form";
import { EventList } from "./EventList";
import { whyClosed } from "./EventPage";
import { SignedUpPanel } from "./SignedUpPanel";
import { ShiftChoice } from "./ShiftChoice";

const TIMES = { starts_at: "2030-05-04T09:00:00Z", ends_at: "2030-05-04T12:00:00Z" };
const SHIFT = { id: 1, title: "Collecting", ...TIMES, capacity: 4, taken: 4, free: 0, waiting: 2 };
const EVENT: VolunteerEvent = {
  ...{ id: 7, title: "Beach clean-up", location: "South pier", organization: "Tidy Coast", organization_slug: "tidy-coast" },
  ...{ ...TIMES, capacity: 4, taken: 4, free: 0, description: "", state: "published", shifts: [SHIFT] },
};
const NOW = new Date("2030-05-01T00:00:00Z");

beforeAll(() => {
  vi.stubGlobal("window", { location: { origin: "https://example.org", pathname: "/events/7" } });
});

const html = (node: ReactNode) =>
  renderToStaticMarkup(<QueryClientProvider client={new QueryClient()}>{node}</QueryClientProvider>);

describe("a sign-up", () => {
  it("is open until the event is over, cancelled or without a shift", () => {
    expect(whyClosed(EVENT, NOW)).toBe(null);
    expect(whyClosed({ ...EVENT, state: "cancelled" }, NOW)).toContain("cancelled");
    expect(whyClosed({ ...EVENT, state: "draft" }, NOW)).toContain("draft");
    expect(whyClosed({ ...EVENT, shifts: [] }, NOW)).toContain("no shift");
    expect(whyClosed(EVENT, new Date("2031-01-01"))).toContain("over");
  });

  it("offers a full shift with its queue", () => {
    const page = html(<ShiftChoice shifts={[SHIFT]} chosen={null} choose={vi.fn()} />);
    expect(page).toMatch(/type="radio"[^>]*value="1"/);
    expect(page).toMatch(/Full.*2 waiting/);
  });

  it.each([
    ["confirmed", null, /You are signed up.*ben@example.org.*Add to calendar/],
    ["waiting", 3, /You are number 3 on the waiting list/],
    ["waiting", null, /You are on the waiting list/],
  ] as const)("that is %s (%s) says so", (state, place, words) => {
    const done = { shift: SHIFT, answer: { id: null, state, place }, email: "ben@example.org" };
    expect(html(<SignedUpPanel event={EVENT} done={done} again={vi.fn()} />)).toMatch(words);
  });
});

describe("a list of events", () => {
  it("has a real link to each, and no inline style, which the Content-Security-Policy would refuse", () => {
    const page = html(<EventList events={[EVENT]} />);
    expect(page).toContain('href="/events/7"');
    expect(page).not.toContain("style=");
  });
});

describe("a form", () => {
  it("ties label, hint and control together", () => {
    const page = html(
      <Form submit="Send" busy={false} error={null} onSubmit={vi.fn()}>
        <Field label="E-mail" name="email" type="email" hint="Only for this." error="No." />
      </Form>,
    );
    const id = /<label for="([^"]+)"/.exec(page)?.[1];
    expect(page).toContain(`id="${id}"`);
    expect(page).toContain(`aria-describedby="${id}-hint ${id}-error"`);
    expect(page).toContain('aria-invalid="true"');
  });
});
