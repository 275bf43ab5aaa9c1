// How long is an answer good for, and when is a question asked again?

import { QueryClient } from "@tanstack/react-query";
import { ApiError } from "./errors";
import { currentSession, onSessionChange } from "./session";

const FRESH_MS = 20_000;
const ATTEMPTS = 2;

/** Ask again after a broken connection or a moment's overload, never after an answer that will stay the same. */
export function isWorthRetrying(failures: number, error: unknown): boolean {
  const passing = error instanceof ApiError && (error.status === 0 || error.status === 502);
  return passing && failures < ATTEMPTS;
}

// `always`: without a connection it fails with words, instead of waiting for one behind a button that says nothing.
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { staleTime: FRESH_MS, retry: isWorthRetrying, networkMode: "always" },
    mutations: { retry: false, networkMode: "always" },
  },
});

/** What one person has read is not shown to the next. */
export function forgetAtSignOut(): void {
  let last = currentSession().me?.id;
  onSessionChange(() => {
    const next = currentSession().me?.id;
    if (last !== undefined && next !== last) queryClient.clear();
    last = next;
  });
}
