// Upcoming events, page by page.

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { eventsQuery } from "../api/events";
import { Button } from "../ui/Button";
import { Failed, Failure, Loading } from "../ui/Notice";
import { EventList } from "./EventList";

interface PagedEventsProps {
  search?: string;
  slug?: string;
  /** What is shown when there are none. */
  none: ReactNode;
}

/** The list of upcoming events, of everybody or of one organization, that grows on demand. */
export function PagedEvents({ none, ...which }: PagedEventsProps) {
  const query = useInfiniteQuery({ ...eventsQuery(which), placeholderData: keepPreviousData });
  if (!query.data) {
    return query.error ? <Failed error={query.error} retry={query.refetch} /> : <Loading what="events" />;
  }
  const events = query.data.pages.flatMap(({ items }) => items);
  return (
    <div className={query.isPlaceholderData ? "events events-stale" : "events"}>
      <p className="visually-hidden" role="status">
        {counted(events.length, query.hasNextPage)}
      </p>
      {events.length === 0 ? none : <EventList events={events} showOrganization={which.slug === undefined} />}
      <Failure error={query.isFetchNextPageError && query.error} />
      {query.hasNextPage && (
        <p className="events-more">
          <Button look="secondary" busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Show more events
          </Button>
        </p>
      )}
    </div>
  );
}

/** Tell a screen reader how many there are. */
export function counted(count: number, isMore: boolean): string {
  if (count === 0) return "No events";
  return `${count === 1 ? "One event" : `${count} events`}${isMore ? ", and there are more" : ""}`;
}
