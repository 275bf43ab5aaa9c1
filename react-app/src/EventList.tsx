// Which events are coming up?

import type { VolunteerEvent } from "./events";
import { byMonth, day, fullDate, timeRange, weekday } from "./format";
import { Places } from "./Places";
import { Link } from "./router";

/** Every event, grouped by month, soonest first. */
export function EventList({ events }: { events: VolunteerEvent[] }) {
  return byMonth(events).map(([month, inMonth]) => (
    <section key={month} className="month" aria-label={month}>
      <h2>{month}</h2>
      <ul className="cards">
        {inMonth.map((event) => (
          <li key={event.id}>
            <EventCard event={event} />
          </li>
        ))}
      </ul>
    </section>
  ));
}

function EventCard({ event }: { event: VolunteerEvent }) {
  return (
    <article className="card">
      <time className="date" dateTime={event.startsAt.toISOString()} title={fullDate(event.startsAt)}>
        <span className="date-weekday">{weekday(event.startsAt)}</span>
        <span className="date-day">{day(event.startsAt)}</span>
      </time>
      <div className="card-text">
        <h3>
          <Link to={`/events/${encodeURIComponent(event.id)}`} className="card-link">
            {event.title}
          </Link>
        </h3>
        <p className="organization">{event.organization}</p>
        <p className="meta">
          {timeRange(event)}
          {event.location && <> · {event.location}</>}
        </p>
      </div>
      <Places event={event} />
    </article>
  );
}
