// Who stands on which shift of the event?

import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { Failed, Loading, Notice } from "../../ui/Notice";
import { rosterQuery } from "../queries";
import type { ManagedEvent } from "../shapes";
import { byShift } from "./roster";
import { ShiftRoster } from "./ShiftRoster";

/** One part of the page for each shift. */
export function Rosters({ slug, event }: { slug: string; event: ManagedEvent }) {
  const { data, error, refetch } = useQuery(rosterQuery(slug, event.id));
  const isThere = data !== undefined;
  useEffect(() => {
    if (isThere) goToShift();
  }, [isThere]);
  return (
    <section aria-labelledby="shifts">
      <h2 id="shifts">Shifts and people</h2>
      {error && <Failed error={error} retry={() => refetch()} />}
      {!data && !error && <Loading what="the sign-ups" />}
      {data && event.shifts.length === 0 && <p className="quiet">This event has no shifts yet.</p>}
      {data?.isCut && <Notice>Only the first thousand sign-ups are shown.</Notice>}
      {data &&
        byShift(event.shifts, data.items).map((roster) => (
          <ShiftRoster key={roster.shift.id} slug={slug} event={event} roster={roster} />
        ))}
    </section>
  );
}

/** The address may name a shift; its part of the page comes only now. */
function goToShift(): void {
  const { hash } = window.location;
  if (!/^#shift-\d+$/.test(hash)) return;
  const part = document.getElementById(hash.slice(1));
  part?.scrollIntoView({ block: "start" });
  part?.querySelector("h3")?.focus({ preventScroll: true });
}
