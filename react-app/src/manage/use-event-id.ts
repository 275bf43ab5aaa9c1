// The event that the address is about.

import { useParams } from "@tanstack/react-router";

/** Return the id of the event that the address is about; NaN when it is none. */
export function useEventId(): number {
  const { id = "" } = useParams({ strict: false });
  return /^\d{1,15}$/.test(id) ? Number(id) : Number.NaN;
}
