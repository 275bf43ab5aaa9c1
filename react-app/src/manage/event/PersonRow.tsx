// Who is this on the shift's list, and how does one take them off it?

import { useState } from "react";
import { send } from "../../api/client";
import { Button } from "../../ui/Button";
import { Confirm } from "../../ui/Confirm";
import { home } from "../queries";
import type { RosterEntry } from "../shapes";
import { useAction } from "../mutations";

interface PersonRowProps {
  slug: string;
  entry: RosterEntry;
  canCancel: boolean;
  /** The place in the waiting list. */
  place?: number;
}

/** Name, ways to reach the person, whether they came, and a way to cancel. */
export function PersonRow({ slug, entry, canCancel, place }: PersonRowProps) {
  const [isAsking, setAsking] = useState(false);
  const cancel = useAction({
    slug,
    run: () => send("DELETE", `${home(slug)}/sign-ups/${entry.id}`),
    toast: () => `${entry.name} is off the list.`,
    then: () => {
      setAsking(false);
      // The row goes; what was read goes on at the shift, once the dialog has given the focus back.
      setTimeout(() => document.getElementById(`shift-${entry.shift_id}-title`)?.focus({ preventScroll: true }));
    },
  });
  return (
    <li className="person-row">
      {place !== undefined && <span className="place">{place}.</span>}
      <div className="person-who">
        <span className="person-name">{entry.name}</span>
        <Reach entry={entry} />
      </div>
      {entry.attended !== null && <span className={entry.attended ? "tag" : "tag tag-bad"}>{entry.attended ? "Came" : "Did not come"}</span>}
      {canCancel && (
        <Button look="quiet" aria-label={`Cancel the sign-up of ${entry.name}`} onClick={() => setAsking(true)}>
          Cancel
        </Button>
      )}
      {isAsking && (
        <Confirm
          title={`Take ${entry.name} off the list?`}
          action="Cancel sign-up"
          keep="Keep the sign-up"
          busy={cancel.isPending}
          error={cancel.error}
          onConfirm={() => cancel.mutate()}
          onClose={() => setAsking(false)}
        >
          <p>
            {entry.name} is told by e-mail.
            {entry.state === "confirmed" && " If somebody waits for this shift, the place goes to the first of them."}
          </p>
        </Confirm>
      )}
    </li>
  );
}

function Reach({ entry: { email, phone } }: { entry: RosterEntry }) {
  return (
    <span className="person-reach">
      <a href={`mailto:${email}`}>{email}</a>
      {phone && <a href={`tel:${phone.replace(/[^+\d]/g, "")}`}>{phone}</a>}
    </span>
  );
}
