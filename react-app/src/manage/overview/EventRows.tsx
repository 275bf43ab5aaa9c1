// Which events are there, and how full is each?

import { useState } from "react";
import { timeRange } from "../../time";
import { Button } from "../../ui/Button";
import { Link } from "../../ui/Link";
import { DateBlock } from "../parts/DateBlock";
import { Meter } from "../parts/Meter";
import type { OverviewEvent } from "../shapes";
import { fromNow } from "../relative-time";

const SHOWN = 10;

interface EventRowsProps {
  slug: string;
  events: OverviewEvent[];
  now: Date;
}

/** Events as rows, each a link to its page; the first ones, and the rest when asked for. */
export function EventRows({ events, ...rest }: EventRowsProps) {
  const [isWhole, setWhole] = useState(false);
  return (
    <>
      <Rows {...rest} events={isWhole ? events : events.slice(0, SHOWN)} />
      {!isWhole && events.length > SHOWN && (
        <div className="actions">
          <Button look="secondary" onClick={() => setWhole(true)}>
            Show all {events.length} events
          </Button>
        </div>
      )}
    </>
  );
}

function Rows({ slug, events, now }: EventRowsProps) {
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
          <Fill event={event} isOver={Date.parse(event.ends_at) <= now.getTime()} />
        </li>
      ))}
    </ul>
  );
}

function Fill({ event, isOver }: { event: OverviewEvent; isOver: boolean }) {
  if (event.state === "cancelled") return <p className="row-state">Cancelled</p>;
  if (event.shifts.length === 0) return <p className="row-state">No shifts yet</p>;
  return <Meter of={event} closed={isOver} />;
}
