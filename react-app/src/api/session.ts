// Who is signed in, and which access token says so?

import { readProblem } from "./errors";
import type { Me, Session } from "./types";

export type SessionState =
  | { kind: "unknown"; me: null } // the cookie has not been tried yet
  | { kind: "anonymous"; me: null }
  | { kind: "signed-in"; me: Me };

// Not a secret: it says that a refresh cookie may be there, so that visitors without one are not asked for it.
const HINT = "slipway-signed-in";
const LOCK = "slipway-refresh";

let accessToken: string | null = null;
let state: SessionState = hinted() ? { kind: "unknown", me: null } : { kind: "anonymous", me: null };
let refreshing: Promise<boolean> | null = null;
const listeners = new Set<() => void>();

export const currentSession = (): SessionState => state;
export const currentToken = (): string | null => accessToken;

/** Call back at each change; return what stops that. */
export function onSessionChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Take what a sign-in, a refresh or a chosen password brought. */
export function startSession(session: Session): void {
  accessToken = session.access_token;
  remember(true);
  change({ kind: "signed-in", me: session.me });
}

/** Forget who was signed in, here and in the other tabs. */
export function endSession(): void {
  accessToken = null;
  remember(false);
  change({ kind: "anonymous", me: null });
}

/** Show changed facts about the person: a new name, another organization. */
export function updateMe(me: Me): void {
  if (state.kind === "signed-in") change({ kind: "signed-in", me });
}

/** Wait until it is known who is signed in. */
export async function sessionKnown(): Promise<SessionState> {
  if (state.kind === "unknown") await refreshSession();
  return state;
}

/** Get a new access token by the cookie; false when there is none to get. Callers at the same time share one request. */
export function refreshSession(): Promise<boolean> {
  refreshing ??= oneTabAtATime(refresh).finally(() => {
    refreshing = null;
  });
  return refreshing;
}

/** A refresh token that is used twice ends the session, so tabs must not refresh side by side. */
async function oneTabAtATime(work: () => Promise<boolean>): Promise<boolean> {
  const locks: LockManager | undefined = globalThis.navigator?.locks; // only where the page came over HTTPS
  return locks ? await locks.request(LOCK, work) : await work();
}

async function refresh(): Promise<boolean> {
  // keepalive: should the page be left meanwhile, the browser still stores the new cookie.
  const response = await fetch("/api/auth/refresh", { method: "POST", keepalive: true }).catch(() => null);
  if (response?.ok) {
    startSession((await response.json()) as Session);
    return true;
  }
  if (response && response.status === 401) endSession();
  else if (state.kind === "unknown") change({ kind: "anonymous", me: null }); // not reachable: the cookie stays for later
  return false;
}

/** Sign out of this browser, or of every browser. */
export async function signOut({ everywhere }: { everywhere: boolean }): Promise<void> {
  const path = everywhere ? "/api/auth/logout-everywhere" : "/api/auth/logout";
  let response = await post(path);
  if (response.status === 401 && (await refreshSession())) response = await post(path);
  if (!response.ok && response.status !== 401) throw await readProblem(response);
  endSession();
}

function post(path: string): Promise<Response> {
  return fetch(path, { method: "POST", headers: accessToken ? { Authorization: `Bearer ${accessToken}` } : {} });
}

function change(next: SessionState): void {
  state = next;
  for (const listener of [...listeners]) listener();
}

function hinted(): boolean {
  try {
    return localStorage.getItem(HINT) !== null;
  } catch {
    return true; // storage is closed: ask for the cookie
  }
}

function remember(signedIn: boolean): void {
  try {
    if (signedIn) localStorage.setItem(HINT, "yes");
    else localStorage.removeItem(HINT);
  } catch {
    // Without storage the next visit asks for the cookie, that is all.
  }
}

/** Follow the other tabs: signed out there is signed out here. */
export function followOtherTabs(): void {
  window.addEventListener("storage", ({ key, newValue }) => {
    if (key !== HINT) return;
    if (newValue === null && state.kind === "signed-in") endSession();
    if (newValue !== null && state.kind === "anonymous") void refreshSession();
  });
}
