// What is an event, and how is the list of them read from the API?

export interface VolunteerEvent {
  id: string;
  title: string;
  description: string;
  organization: string;
  location: string;
  startsAt: Date;
  endsAt: Date;
  places: number;
  signedUp: number;
  free: number;
}

const TIMEOUT_MS = 10_000;

/** An error whose message can be shown as it is. */
export class EventsError extends Error {}

/** Where the API keeps the list, or one event. */
export const eventsPath = (id?: string) => (id === undefined ? "/api/events" : `/api/events/${encodeURIComponent(id)}`);

/** Read the upcoming events, soonest first, or one event; none when it is not there. Throws EventsError. */
export async function fetchEvents(path: string, signal: AbortSignal): Promise<VolunteerEvent[]> {
  const response = await request(path, AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]));
  if (path !== eventsPath() && (response.status === 404 || response.status === 422)) return [];
  if (!response.ok) throw new EventsError(explain(response.status, response.headers.get("Retry-After")));
  try {
    return parseEvents(await response.json());
  } catch {
    throw new EventsError("The answer of the events service could not be read.");
  }
}

async function request(path: string, signal: AbortSignal): Promise<Response> {
  try {
    return await fetch(path, { signal, headers: { Accept: "application/json" } });
  } catch (error) {
    if (error instanceof DOMException && error.name === "TimeoutError")
      throw new EventsError("The events service did not answer in time.");
    throw new EventsError("The events service could not be reached. Is this device online?");
  }
}

/** Say in one sentence what a refusal means. */
export function explain(status: number, retryAfter: string | null): string {
  if (status === 429) return `Too many requests from here. Please wait ${retryAfter ?? "a few"} seconds.`;
  if (status >= 500) return "Events are not available right now.";
  return `The events service refused the request (status ${status}).`;
}

/** Read `{"events": [...]}`, a bare array or one event; throws TypeError when it is none of these. */
export function parseEvents(body: unknown): VolunteerEvent[] {
  const list = isRecord(body) ? (body.events ?? body.items ?? [body]) : body;
  if (!Array.isArray(list)) throw new TypeError("no list of events");
  return list.map(parseEvent).sort((a, b) => a.startsAt.getTime() - b.startsAt.getTime());
}

function parseEvent(item: unknown): VolunteerEvent {
  if (!isRecord(item)) throw new TypeError("an event is not an object");
  const places = number(item.places);
  const signedUp = number(item.signed_up);
  const free = item.free_places ?? item.free;
  return {
    id: text(item.id),
    title: text(item.title),
    description: text(item.description ?? ""),
    organization: text(isRecord(item.organization) ? item.organization.name : item.organization),
    location: text(item.location ?? ""),
    startsAt: date(item.starts_at),
    endsAt: date(item.ends_at),
    places,
    signedUp,
    free: free === undefined ? Math.max(0, places - signedUp) : number(free),
  };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  if (typeof value === "string" || typeof value === "number") return String(value);
  throw new TypeError("not a text");
}

function number(value: unknown): number {
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw new TypeError("not a number");
}

function date(value: unknown): Date {
  const parsed = new Date(text(value));
  if (Number.isNaN(parsed.getTime())) throw new TypeError("not a date");
  return parsed;
}
