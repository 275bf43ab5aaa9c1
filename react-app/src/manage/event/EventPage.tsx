// How does one event stand, and what is there to do about it?

import { useQuery } from "@tanstack/react-query";
import { isStatus } from "../../api/errors";
import { longDate, timeRange } from "../../time";
import { ButtonLink } from "../../ui/Button";
import { Failed, Loading } from "../../ui/Notice";
import { NotFound } from "../../ui/NotFound";
import { Page } from "../../ui/Page";
import { eventQuery } from "../queries";
import type { ManagedEvent } from "../shapes";
import { useEventId } from "../use-event-id";
import { useMembership } from "../use-membership";
import { CancelOrDelete } from "./CancelOrDelete";
import { PublishOrShare } from "./PublishOrShare";
import { Rosters } from "./Rosters";
import { AnnounceToEvent } from "./AnnounceToEvent";

/** Facts, the next step, and who stands on which shift. */
export default function EventPage() {
  const { slug } = useMembership();
  const id = useEventId();
  const { data, error, refetch } = useQuery({ ...eventQuery(slug, id), enabled: !Number.isNaN(id) });
  if (Number.isNaN(id) || isStatus(error, 404)) return <NotFound why="There is no such event in this organization." />;
  if (data) return <Event slug={slug} event={data} />;
  return (
    <Page title="Event" width="wide">
      {error ? <Failed error={error} retry={() => refetch()} /> : <Loading what="the event" />}
    </Page>
  );
}

const STATES = {
  draft: ["Draft", "tag tag-few"],
  published: ["Published", "tag"],
  cancelled: ["Cancelled", "tag tag-bad"],
} as const;

function Event({ slug, event }: { slug: string; event: ManagedEvent }) {
  const [state, look] = STATES[event.state];
  const isOpen = event.state !== "cancelled";
  return (
    <Page
      title={event.title}
      width="wide"
      back={{ to: `/manage/${slug}`, label: "Overview" }}
      above={<p className={`${look} state-tag`}>{state}</p>}
      lead={<Facts event={event} />}
      actions={
        <>
          {isOpen && (
            <ButtonLink look="secondary" to={`/manage/${slug}/events/${event.id}/edit`}>
              Edit
            </ButtonLink>
          )}
          {event.state !== "draft" && <AnnounceToEvent slug={slug} event={event} />}
        </>
      }
    >
      <PublishOrShare slug={slug} event={event} />
      {event.description && <p className="event-words">{event.description}</p>}
      <Rosters slug={slug} event={event} />
      <CancelOrDelete slug={slug} event={event} />
    </Page>
  );
}

function Facts({ event }: { event: ManagedEvent }) {
  return (
    <>
      {longDate(event.starts_at)}, {timeRange(event)}
      <br />
      {event.location || "No place given yet"}
    </>
  );
}
