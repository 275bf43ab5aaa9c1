// What is there to know about one event?

import type { VolunteerEvent } from "./events";
import { fullDate, timeRange } from "./format";
import { Places } from "./Places";

/** One event, by itself. The heading is the page's, so it is not repeated here. */
export function EventPage({ event }: { event: VolunteerEvent }) {
  return (
    <article className="detail">
      {event.description && <p className="description">{event.description}</p>}
      <dl className="facts">
        <div>
          <dt>When</dt>
          <dd>
            <time dateTime={event.startsAt.toISOString()}>{fullDate(event.startsAt)}</time>
            <br />
            {timeRange(event)}
          </dd>
        </div>
        <div>
          <dt>Where</dt>
          <dd>{event.location || "To be announced"}</dd>
        </div>
        <div>
          <dt>Organized by</dt>
          <dd>{event.organization}</dd>
        </div>
      </dl>
      <Places event={event} />
    </article>
  );
}
