// What is there to know about one event, and how does a volunteer sign up?

import { useQuery } from "@tanstack/react-query";
import { eventQuery } from "../api/events";
import { isStatus } from "../api/errors";
import type { VolunteerEvent } from "../api/types";
import { isAhead } from "../time";
import { Link } from "../ui/Link";
import { NotFound } from "../ui/NotFound";
import { Failed, Loading, Notice } from "../ui/Notice";
import { Page } from "../ui/Page";
import { Share } from "../ui/Share";
import { Description } from "./Description";
import { EventFacts } from "./EventFacts";
import { MySignUpsForEvent } from "./MySignUpsForEvent";
import { SignUp } from "./SignUp";

/** The page that a shared link opens. */
export function EventPage({ id }: { id: number }) {
  const { data: event, error, refetch } = useQuery(eventQuery(id));
  if (isStatus(error, 404, 422)) return <NotFound why="There is no event at this address." />;
  if (!event) {
    const body = error ? <Failed error={error} retry={refetch} /> : <Loading what="the event" />;
    return (
      <Page title="Event" width="wide">
        {body}
      </Page>
    );
  }
  return (
    <Page
      title={event.title}
      width="wide"
      back={{ to: "/", label: "All events" }}
      above={<Organizer event={event} />}
      aside={<Share title={event.title} url={window.location.origin + window.location.pathname} look="quiet" />}
    >
      <div className="event">
        <div className="event-about">
          <EventFacts event={event} />
          <Description text={event.description} />
        </div>
        <section className="event-sign-up" aria-labelledby="sign-up">
          <State event={event} />
        </section>
      </div>
    </Page>
  );
}

function Organizer({ event }: { event: VolunteerEvent }) {
  return (
    <p className="overline">
      <Link to={`/o/${event.organization_slug}`}>{event.organization}</Link>
    </p>
  );
}

/** The sign-up, or why there is none. */
function State({ event }: { event: VolunteerEvent }) {
  const why = whyClosed(event);
  if (!why) return <SignUp event={event} />;
  return (
    <>
      <MySignUpsForEvent event={event} />
      <div className="sheet">
        <h2 id="sign-up">Sign-up is closed</h2>
        <Notice>{why}</Notice>
      </div>
    </>
  );
}

/** Say why nobody can sign up; null when somebody can. */
export function whyClosed({ state, shifts, ...event }: VolunteerEvent, now = new Date()): string | null {
  if (state === "cancelled") return "This event has been cancelled. Whoever was signed up has been told by e-mail.";
  if (state === "draft") return "This is a draft. Only coordinators see it until it is published.";
  if (!isAhead(event, now)) return "This event is over. Thank you to everybody who helped.";
  if (!shifts.some((shift) => isAhead(shift, now))) return "There is no shift to sign up for.";
  return null;
}
