// Which state is what an address shows in: loading, failed or read?

import { useCallback, useEffect, useState } from "react";
import { EventsError, eventsPath, fetchEvents, type VolunteerEvent } from "./events";

export type EventsState =
  | { kind: "loading" }
  | { kind: "failed"; message: string }
  | { kind: "read"; events: VolunteerEvent[] };

type Known = Record<string, EventsState>;

/** Read the list, or one event when there is an id; again each time the returned function is called. */
export function useEvents(id?: string): [EventsState, () => void] {
  const path = eventsPath(id);
  const [attempt, setAttempt] = useState(0);
  const [known, setKnown] = useState<Known>({});

  useEffect(() => {
    const controller = new AbortController();
    const learn = (state: EventsState) => {
      if (!controller.signal.aborted) setKnown((before) => ({ ...before, [path]: state }));
    };
    fetchEvents(path, controller.signal).then(
      (events) => learn({ kind: "read", events }),
      (error: unknown) => learn({ kind: "failed", message: messageOf(error) }),
    );
    return () => controller.abort();
  }, [path, attempt]);

  const reload = useCallback(() => {
    setKnown({});
    setAttempt((n) => n + 1);
  }, []);
  return [known[path] ?? fromList(known, id), reload];
}

/** While one event is read, the list may know it already. */
function fromList(known: Known, id: string | undefined): EventsState {
  const list = known[eventsPath()];
  const isListed = list?.kind === "read" && list.events.some((event) => event.id === id);
  return isListed ? list : { kind: "loading" };
}

function messageOf(error: unknown): string {
  return error instanceof EventsError ? error.message : "Something went wrong in this page.";
}
