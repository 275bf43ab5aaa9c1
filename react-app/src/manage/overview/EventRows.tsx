// Which events are there, and how full is each?

import { timeRange } from "../../time";
import { Link } from "../../ui/Link";
import { DateBlock } from "../parts/DateBlock";
import { Meter } from "../parts/Meter";
import type { OverviewEvent } from "../shapes";
import { fromNow } from "../when";

/** Events as rows, each a link to its page. */
export function EventRows({ slug, events, now }: { slug: string; events: OverviewEvent[]; now: Date }) {
  return (
    <ul className="rows">
      {events.map((event) => (
        <li key={event.id} className="entry">
          <DateBlock at={event.starts_at} />
          <div className="row-what">
            <h3>
              <Link className="row-link" to={`/manage/${slug}/events/${event.id}`}>
                {event.title}
              </Link>
            </h3>
            <p>{event.location || "No place given yet"}</p>
            <p className="row-meta">
              {timeRange(event)}
              {Date.parse(event.ends_at) > now.getTime() && <span className="tag tag-calm">{fromNow(event, now)}</span>}
            </p>
          </div>
          <Fill event={event} />
        </li>
      ))}
    </ul>
  );
}

function Fill({ event }: { event: OverviewEvent }) {
  if (event.state === "cancelled") return <p className="row-state">Cancelled</p>;
  if (event.shifts.length === 0) return <p className="row-state">No shifts yet</p>;
  return <Meter of={event} />;
}
