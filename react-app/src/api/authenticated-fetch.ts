// `fetch` with the access token of whoever is signed in, renewed once when it is void.

import { ApiError, readProblem, unreachable } from "./errors";
import { currentToken, refreshSession, sessionKnown } from "./session";

const TIMEOUT_MS = 15_000;

/** Send a request as whoever is signed in; once more with a new token when the old one is void. Throws ApiError. */
export async function authenticatedFetch(request: Request): Promise<Response> {
  const limit = AbortSignal.any([request.signal, AbortSignal.timeout(TIMEOUT_MS)]);
  try {
    await sessionKnown();
    const token = currentToken();
    const again = request.clone();
    let response = await ask(request, token, limit);
    if (response.status === 401 && token && (await refreshSession())) response = await ask(again, currentToken(), limit);
    if (!response.ok) throw await readProblem(response);
    return response;
  } catch (error) {
    if (error instanceof ApiError || request.signal.aborted) throw error;
    throw unreachable();
  }
}

function ask(request: Request, token: string | null, signal: AbortSignal): Promise<Response> {
  if (token) request.headers.set("Authorization", `Bearer ${token}`);
  return fetch(request, { signal });
}
