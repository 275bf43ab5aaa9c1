// Who was invited, and has not come yet?

import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { send } from "../../api/client";
import { shortDate } from "../../time";
import { Button } from "../../ui/Button";
import { Confirm } from "../../ui/Confirm";
import { Failed, Loading } from "../../ui/Notice";
import { ShowMore } from "../parts/ShowMore";
import { home, invitationsQuery } from "../queries";
import type { Invitation, Role } from "../shapes";
import { useAction } from "../mutations";
import { InviteDialog } from "./InviteDialog";
import { ROLE_WORDS } from "./people-rules";

/** The open invitations first in line; the others are history. */
export function Invitations({ slug, role }: { slug: string; role: Role }) {
  const query = useInfiniteQuery(invitationsQuery(slug));
  const items = query.data?.pages.flatMap((page) => page.items);
  return (
    <section aria-labelledby="invitations">
      <div className="section-head">
        <h2 id="invitations">Invitations</h2>
        <InviteDialog slug={slug} role={role} />
      </div>
      {query.error && <Failed error={query.error} retry={() => query.refetch()} />}
      {query.isPending && <Loading what="invitations" rows={1} />}
      {items?.length === 0 && (
        <p className="quiet">Nobody was invited yet. Invite those who shall have an account here, above all coordinators.</p>
      )}
      {items && items.length > 0 && (
        <ul className="rows">
          {items.map((invitation) => (
            <Item key={invitation.id} slug={slug} invitation={invitation} />
          ))}
        </ul>
      )}
      <ShowMore query={query} />
    </section>
  );
}

const STATES = {
  pending: ["Waiting for an answer", "tag tag-few"],
  accepted: ["Accepted", "tag"],
  revoked: ["Taken back", "tag tag-calm"],
  expired: ["Expired", "tag tag-calm"],
} as const;

function Item({ slug, invitation }: { slug: string; invitation: Invitation }) {
  const [isAsking, setAsking] = useState(false);
  const revoke = useAction({
    slug,
    run: () => send("DELETE", `${home(slug)}/invitations/${invitation.id}`),
    toast: () => "The invitation is taken back.",
    then: () => setAsking(false),
  });
  const [words, look] = STATES[invitation.state];
  const isOpen = invitation.state === "pending";
  return (
    <li className="people-item">
      <div className="person-who">
        <span className="person-name">{invitation.email}</span>
        <span className="row-meta">
          {ROLE_WORDS[invitation.role]}, invited {shortDate(invitation.created_at)}
          {isOpen && `, until ${shortDate(invitation.expires_at)}`}
        </span>
      </div>
      <p className="people-facts">
        <span className={look}>{words}</span>
      </p>
      <div className="people-actions">
        {isOpen && (
          <Button look="quiet" onClick={() => setAsking(true)} aria-label={`Take back the invitation of ${invitation.email}`}>
            Take back
          </Button>
        )}
      </div>
      {isAsking && (
        <Confirm
          title="Take this invitation back?"
          action="Take back"
          busy={revoke.isPending}
          error={revoke.error}
          onConfirm={() => revoke.mutate()}
          onClose={() => setAsking(false)}
        >
          <p>The link in the e-mail to {invitation.email} no longer works.</p>
        </Confirm>
      )}
    </li>
  );
}
