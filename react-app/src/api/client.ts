// How is the API asked, with whose token, and what comes back?

import { ApiError, readProblem, unreachable } from "./problems";
import { currentToken, refreshSession, sessionKnown } from "./session";

const TIMEOUT_MS = 15_000;

export type Query = Record<string, string | number | boolean | null | undefined>;

interface Sending {
  query?: Query;
  /** The same key for the same attempt: sent twice, it is done once. */
  key?: string;
  signal?: AbortSignal;
}

/** Read something. */
export async function get<Answer>(path: string, query: Query = {}, signal?: AbortSignal): Promise<Answer> {
  const response = await request("GET", path, { query, ...(signal && { signal }) });
  return answerOf<Answer>(response);
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
  return answerOf<Answer>(await request(method, path, { ...options, headers, body: JSON.stringify(body) }));
}

/** Ask the API for something that is not JSON, or send such a thing. Throws ApiError for every answer that is an error. */
export async function request(
  method: string,
  path: string,
  { query = {}, headers = new Headers(), body, signal }: Sending & { headers?: Headers; body?: BodyInit | undefined },
): Promise<Response> {
  const limits = [AbortSignal.timeout(TIMEOUT_MS), ...(signal ? [signal] : [])];
  const ask = (token: string | null) => {
    if (token) headers.set("Authorization", `Bearer ${token}`);
    return fetch(address(path, query), { method, headers, body: body ?? null, signal: AbortSignal.any(limits) });
  };
  try {
    await sessionKnown();
    const token = currentToken();
    let response = await ask(token);
    if (response.status === 401 && token && (await refreshSession())) response = await ask(currentToken());
    if (!response.ok) throw await readProblem(response);
    return response;
  } catch (error) {
    if (error instanceof ApiError || signal?.aborted) throw error;
    throw unreachable();
  }
}

/** Make a key for one attempt to send a form. */
export const newKey = (): string => crypto.randomUUID();

function address(path: string, query: Query): string {
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") words.set(name, String(value));
  }
  return `/api${path}${words.size > 0 ? `?${words}` : ""}`;
}

async function answerOf<Answer>(response: Response): Promise<Answer> {
  if (response.status === 204) return undefined as Answer;
  try {
    return (await response.json()) as Answer;
  } catch {
    throw new ApiError(response.status, "The answer of the service could not be read.");
  }
}
