// How is a question put to the API?

import createClient from "openapi-fetch";
import { authenticatedFetch } from "./authenticated-fetch";
import { ApiError } from "./errors";
import type { paths } from "./schema";

/** The API, typed from its OpenAPI document: `answer(api.GET("/me"))`. An answer that is an error throws ApiError. */
export const api = createClient<paths>({ baseUrl: address(""), fetch: authenticatedFetch });

/** Take the body out of an answer. */
export async function answer<Body>(asked: Promise<{ data?: Body }>): Promise<Body> {
  try {
    return (await asked).data as Body; // there is one: an error was thrown, and 204 is `undefined` by its type
  } catch (error) {
    throw error instanceof SyntaxError ? unreadable() : error;
  }
}

/** Name one attempt: sent twice with the same key, it is done once. */
export const attempt = (key: string) => ({ header: { "Idempotency-Key": key } });

/** Make a key for one attempt to send a form. */
export const newKey = (): string => crypto.randomUUID();

export type Query = Record<string, string | number | boolean | null | undefined>;

interface Sending {
  query?: Query;
  key?: string;
  signal?: AbortSignal;
}

/** Read something, by an address that is put together. */
export async function get<Answer>(path: string, query: Query = {}, signal?: AbortSignal): Promise<Answer> {
  return bodyOf<Answer>(await request("GET", path, { query, ...(signal && { signal }) }));
}

/** Send a body as JSON and read the answer, if there is one. */
export async function send<Answer = void>(
  method: "POST" | "PUT" | "PATCH" | "DELETE",
  path: string,
  body?: unknown,
  { key, ...options }: Sending = {},
): Promise<Answer> {
  const headers = new Headers();
  if (body !== undefined) headers.set("Content-Type", "application/json");
  if (key) headers.set("Idempotency-Key", key);
  return bodyOf<Answer>(await request(method, path, { ...options, headers, body: JSON.stringify(body) }));
}

/** Ask for something that is not JSON, or send such a thing. */
export function request(
  method: string,
  path: string,
  { query = {}, headers = new Headers(), body, signal }: Sending & { headers?: Headers; body?: BodyInit | undefined },
): Promise<Response> {
  const init = { method, headers, body: body ?? null, ...(signal && { signal }) };
  return authenticatedFetch(new Request(address(path, query), init));
}

function address(path: string, query: Query = {}): string {
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") words.set(name, String(value));
  }
  return `${globalThis.location?.origin ?? "https://localhost"}/api${path}${words.size > 0 ? `?${words}` : ""}`;
}

async function bodyOf<Answer>(response: Response): Promise<Answer> {
  if (response.status === 204) return undefined as Answer;
  try {
    return (await response.json()) as Answer;
  } catch {
    throw unreadable();
  }
}

const unreadable = () => new ApiError(502, "The answer of the service could not be read.");
