// Which events are coming up?

import type { EventCard } from "../api/types";
import { byMonth, day, fullDate, month, timeRange, weekday } from "../time";
import { Link } from "../ui/Link";
import { Places } from "../ui/Places";

/** Every event, grouped by month, soonest first. */
export function EventList({ events, showOrganization = true }: { events: EventCard[]; showOrganization?: boolean }) {
  return byMonth(events).map(([name, inMonth]) => (
    <section key={name} className="month" aria-label={name}>
      <h2>{name}</h2>
      <ul className="list">
        {inMonth.map((event) => (
          <li key={event.id}>
            <Card event={event} showOrganization={showOrganization} />
          </li>
        ))}
      </ul>
    </section>
  ));
}

function Card({ event, showOrganization }: { event: EventCard; showOrganization: boolean }) {
  return (
    <article className="card">
      <time className="date" dateTime={event.starts_at} title={fullDate(event.starts_at)}>
        <span className="date-weekday">{weekday(event.starts_at)}</span>
        <span className="date-day">{day(event.starts_at)}</span>
        <span className="date-month">{month(event.starts_at)}</span>
      </time>
      <div className="card-text">
        <h3>
          <Link to={`/events/${event.id}`} className="card-link">
            {event.title}
          </Link>
        </h3>
        {showOrganization && <p className="organization">{event.organization}</p>}
        <p className="meta">
          {timeRange(event)}
          {event.location && <> · {event.location}</>}
        </p>
      </div>
      <Places of={event} />
    </article>
  );
}
