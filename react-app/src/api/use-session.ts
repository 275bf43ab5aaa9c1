// Who is signed in, as a component sees it?

import { useSyncExternalStore } from "react";
import { currentSession, onSessionChange, type SessionState } from "./session";

/** Return who is signed in, and render again when that changes. */
export function useSession(): SessionState {
  return useSyncExternalStore(onSessionChange, currentSession, currentSession);
}
