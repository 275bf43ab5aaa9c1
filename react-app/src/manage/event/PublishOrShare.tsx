// The next step for an event: publish the draft, or share the link.

import { useState } from "react";
import { send } from "../../api/client";
import { Button, ButtonLink } from "../../ui/Button";
import { Confirm } from "../../ui/Confirm";
import { Notice } from "../../ui/Notice";
import { CopyLink } from "../parts/CopyLink";
import { home } from "../queries";
import type { ManagedEvent } from "../shapes";
import { useAction } from "../mutations";

interface OfEvent {
  slug: string;
  event: ManagedEvent;
}

/** A draft waits to be published; a published event to be shared. */
export function PublishOrShare({ slug, event }: OfEvent) {
  if (event.state === "draft") return <Publish slug={slug} event={event} />;
  if (event.state === "cancelled") return <Notice>This event is cancelled. Everyone who was signed up has been told by e-mail.</Notice>;
  if (Date.parse(event.ends_at) <= Date.now()) return <Notice>This event is over.</Notice>;
  return (
    <div className="sheet share-box">
      <CopyLink label="Link to share" hint="Whoever opens it can sign up, with or without an account." path={`/events/${event.id}`} title={event.title} />
    </div>
  );
}

function Publish({ slug, event }: OfEvent) {
  const [isAsking, setAsking] = useState(false);
  const publish = useAction({
    slug,
    run: () => send("PATCH", `${home(slug)}/events/${event.id}`, { state: "published" }),
    toast: () => "The event is published.",
    then: () => setAsking(false),
  });
  const hasShifts = event.shifts.length > 0;
  return (
    <div className="sheet next-step">
      <p>
        <strong>Only coordinators see this draft.</strong>{" "}
        {hasShifts ? "Publish it, and people can sign up." : "Add at least one shift, then publish it."}
      </p>
      {hasShifts ? (
        <Button onClick={() => setAsking(true)}>Publish</Button>
      ) : (
        <ButtonLink to={`/manage/${slug}/events/${event.id}/edit`}>Add shifts</ButtonLink>
      )}
      {isAsking && (
        <Confirm
          title="Publish this event?"
          action="Publish"
          keep="Not yet"
          danger={false}
          busy={publish.isPending}
          error={publish.error}
          onConfirm={() => publish.mutate()}
          onClose={() => setAsking(false)}
        >
          <p>It appears in the public list, and everybody with the link can sign up for its shifts. Nobody is mailed.</p>
        </Confirm>
      )}
    </div>
  );
}
