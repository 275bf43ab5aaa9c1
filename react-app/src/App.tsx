// Which page is shown, and in which frame?

import { type ReactNode, useEffect, useRef } from "react";
import { EventList } from "./EventList";
import { EventPage } from "./EventPage";
import { Loading, Notice } from "./Notice";
import { Link, matchRoute, type Route, usePath } from "./router";
import { type EventsState, useEvents } from "./useEvents";

interface Page {
  title: string;
  lead?: string;
  body: ReactNode;
}

/** Choose what a route and the state of the list amount to. */
export function choosePage(route: Route, state: EventsState, reload: () => void): Page {
  if (route.page === "unknown") return notFound("There is nothing at this address.");
  const title = route.page === "list" ? "Upcoming events" : "Event";
  if (state.kind === "loading") return { title, body: <Loading /> };
  if (state.kind === "failed") return { title, body: <Failed message={state.message} reload={reload} /> };
  if (route.page === "list") return listPage(state.events);
  const event = state.events.find(({ id }) => id === route.id);
  if (!event) return notFound("There is no event at this address.");
  return { title: event.title, body: <EventPage event={event} /> };
}

function listPage(events: Extract<EventsState, { kind: "read" }>["events"]): Page {
  const lead = "Where help is needed in the next weeks, and how many places are still free.";
  if (events.length > 0) return { title: "Upcoming events", lead, body: <EventList events={events} /> };
  const body = (
    <Notice title="No events right now">
      <p>New ones appear here as soon as an organization publishes them.</p>
    </Notice>
  );
  return { title: "Upcoming events", body };
}

function notFound(why: string): Page {
  const body = (
    <Notice title={why}>
      <p>
        <Link to="/" className="button">
          See all events
        </Link>
      </p>
    </Notice>
  );
  return { title: "Not found", body };
}

function Failed({ message, reload }: { message: string; reload: () => void }) {
  return (
    <Notice title={message} alert>
      <p>
        <button type="button" className="button" onClick={reload}>
          Try again
        </button>
      </p>
    </Notice>
  );
}

/** The whole application. */
export function App() {
  const path = usePath();
  const route = matchRoute(path);
  const [state, reload] = useEvents(route.page === "event" ? route.id : undefined);
  const { title, lead, body } = choosePage(route, state, reload);
  return (
    <Frame path={path} title={title} back={route.page === "event"}>
      {lead && <p className="lead">{lead}</p>}
      {body}
    </Frame>
  );
}

function Frame(props: { path: string; title: string; back: boolean; children: ReactNode }) {
  const heading = useHeading(props.path, props.title);
  return (
    <>
      <a href="#main" className="skip">
        Skip to content
      </a>
      <header className="top">
        <Link to="/" className="brand">
          <Mark />
          Volunteer events
        </Link>
      </header>
      <main id="main">
        {props.back && (
          <nav aria-label="Back">
            <Link to="/" className="back">
              <span aria-hidden="true">←</span> All events
            </Link>
          </nav>
        )}
        <h1 ref={heading} tabIndex={-1}>
          {props.title}
        </h1>
        {props.children}
      </main>
      <footer className="bottom">Times are shown in your own time zone.</footer>
    </>
  );
}

/** Name the tab, and after a change of page move the focus to its heading, as a reload would. */
function useHeading(path: string, title: string) {
  const heading = useRef<HTMLHeadingElement>(null);
  const lastPath = useRef(path);
  useEffect(() => {
    document.title = title === "Upcoming events" ? "Volunteer events" : `${title} · Volunteer events`;
  }, [title]);
  useEffect(() => {
    if (lastPath.current === path) return;
    lastPath.current = path;
    heading.current?.focus();
  }, [path]);
  return heading;
}

function Mark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <path d="M8.5 16.8l5 5 10-11" />
    </svg>
  );
}
