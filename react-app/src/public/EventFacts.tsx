// When and where is it?

import type { VolunteerEvent } from "../api/types";
import { fullDate, isSameDay, timeRange } from "../time";

/** The facts that decide whether somebody can come. */
export function EventFacts({ event }: { event: VolunteerEvent }) {
  const { starts_at, ends_at } = event;
  return (
    <dl className="facts">
      <div>
        <dt>When</dt>
        <dd>
          <time dateTime={starts_at}>{fullDate(starts_at)}</time>
          <br />
          {isSameDay(starts_at, ends_at) ? timeRange(event) : <>until {fullDate(ends_at)}</>}
        </dd>
      </div>
      <div>
        <dt>Where</dt>
        <dd>{event.location || "To be announced"}</dd>
      </div>
    </dl>
  );
}
