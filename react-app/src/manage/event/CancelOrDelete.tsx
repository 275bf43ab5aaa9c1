// Cancel an event, or delete a draft.

import { useState } from "react";
import { send } from "../../api/client";
import { go } from "../../navigation";
import { Button } from "../../ui/Button";
import { Confirm } from "../../ui/Confirm";
import { home } from "../queries";
import type { ManagedEvent } from "../shapes";
import { useAction } from "../mutations";

/** A draft can be deleted; what was published can be cancelled while it is not over. */
export function CancelOrDelete({ slug, event }: { slug: string; event: ManagedEvent }) {
  const [isAsking, setAsking] = useState(false);
  const isDraft = event.state === "draft";
  const path = `${home(slug)}/events/${event.id}`;
  const end = useAction({
    slug,
    run: () => (isDraft ? send("DELETE", path) : send("PATCH", path, { state: "cancelled" })),
    toast: () => (isDraft ? "The draft is deleted." : "The event is cancelled."),
    then: () => (isDraft ? go(`/manage/${slug}`, { replace: true }) : setAsking(false)),
  });
  const isOver = Date.parse(event.ends_at) <= Date.now();
  if (event.state === "cancelled" || (isOver && !isDraft)) return null;
  const action = isDraft ? "Delete draft" : "Cancel event";
  return (
    <div className="event-foot">
      <Button look="quiet" className="button-warning" onClick={() => setAsking(true)}>
        {isDraft ? "Delete this draft…" : "Cancel this event…"}
      </Button>
      {isAsking && (
        <Confirm
          title={isDraft ? "Delete this draft?" : "Cancel this event?"}
          action={action}
          keep={isDraft ? "Keep the draft" : "Keep the event"}
          busy={end.isPending}
          error={end.error}
          onConfirm={() => end.mutate()}
          onClose={() => setAsking(false)}
        >
          <p>{isDraft ? "The draft and its shifts are gone for good. Nobody is mailed." : cancelWords(event)}</p>
        </Confirm>
      )}
    </div>
  );
}

function cancelWords({ taken, shifts }: ManagedEvent): string {
  const waiting = shifts.reduce((sum, shift) => sum + shift.waiting, 0);
  const total = taken + waiting;
  const mailed = total === 0 ? "Nobody is signed up, so nobody is mailed." : `Everyone who is signed up or waiting is told by e-mail: ${total} sign-${total === 1 ? "up" : "ups"}.`;
  return `${mailed} The public page stays and says that the event is cancelled. This cannot be undone.`;
}
