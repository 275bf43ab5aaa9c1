// Who invites me, and do I accept?

import { useMutation, useQuery } from "@tanstack/react-query";
import { type Accepted, acceptInvitation, invitationQuery, logIn, readMe } from "../api/account";
import { isStatus } from "../api/errors";
import { startSession, updateMe } from "../api/session";
import type { InvitationRead, Me } from "../api/types";
import { useSession } from "../api/use-session";
import { go, useFragment } from "../navigation";
import { Button } from "../ui/Button";
import { Field } from "../ui/Field";
import { Form } from "../ui/Form";
import { Failed, Failure, Loading } from "../ui/Notice";
import { Page } from "../ui/Page";
import { NewPasswordField, PasswordField } from "../ui/PasswordField";
import { AccountLayout } from "./AccountLayout";
import { ExpiredLink } from "./ExpiredLink";
import { EmailField } from "./EmailField";
import { SayYes } from "./SayYes";

const ROLES = { owner: "an owner", coordinator: "a coordinator", volunteer: "a volunteer" };

/** What the link in an invitation opens. */
export default function InvitationPage() {
  const token = useFragment();
  const { data: invitation, error, refetch } = useQuery({ ...invitationQuery(token), enabled: token !== "" });
  const accepting = useAccepting(token);
  if (!token || isStatus(error, 400, 404, 409, 410, 422) || isStatus(accepting.error, 404, 410)) return <ExpiredLink />;
  if (!invitation) {
    return (
      <Page title="Invitation" width="narrow">
        {error ? <Failed error={error} retry={refetch} /> : <Loading what="the invitation" rows={1} />}
      </Page>
    );
  }
  return (
    <AccountLayout
      title={`Join ${invitation.organization_name}`}
      lead={`You are invited as ${ROLES[invitation.role]}, at ${invitation.email}.`}
    >
      <SayYes token={invitation.is_listed ? token : null}>
        <Answer invitation={invitation} accepting={accepting} />
      </SayYes>
    </AccountLayout>
  );
}

type Newcomer = { name: string; password: string } | null;
type Accepting = ReturnType<typeof useAccepting>;

function useAccepting(token: string) {
  return useMutation({
    mutationFn: (newcomer: Newcomer) => acceptInvitation(token, newcomer),
    onSuccess: async (accepted) => {
      await enter(accepted);
      go(`/o/${accepted.organization_slug}`, { replace: true });
    },
  });
}

/** A newcomer gets a session; somebody with an account has one organization more. */
async function enter(accepted: Accepted): Promise<void> {
  if ("access_token" in accepted) startSession(accepted);
  else updateMe(await readMe());
}

function Answer({ invitation, accepting }: { invitation: InvitationRead; accepting: Accepting }) {
  const { me } = useSession();
  if (!invitation.has_account) return <AsNewcomer accepting={accepting} />;
  if (me?.email === invitation.email) return <AsMember me={me} accepting={accepting} />;
  return <AsOwnerOfAddress email={invitation.email} other={me} accepting={accepting} />;
}

/** The address has an account: its password is asked here, so that the link's token stays in this page. */
function AsOwnerOfAddress({ email, other, accepting }: { email: string; other: Me | null; accepting: Accepting }) {
  const signingIn = useMutation({
    mutationFn: ({ password = "" }: Record<string, string>) => logIn(email, password),
    onSuccess: (session) => {
      startSession(session);
      accepting.mutate(null);
    },
  });
  return (
    <Form
      submit="Sign in and accept"
      wide
      busy={signingIn.isPending || accepting.isPending}
      error={signingIn.error ?? accepting.error}
      onSubmit={signingIn.mutate}
    >
      <p>
        {other && <>You are signed in as {other.email}, but the invitation is for another account. </>}
        Please sign in as {email} to accept.
      </p>
      <EmailField value={email} readOnly />
      <PasswordField label="Password" name="password" autoComplete="current-password" maxLength={200} />
    </Form>
  );
}

function AsMember({ me, accepting }: { me: Me; accepting: Accepting }) {
  return (
    <div className="stack">
      <p>You accept as {me.name}.</p>
      <Failure error={accepting.error} />
      <Button className="button-wide" busy={accepting.isPending} onClick={() => accepting.mutate(null)}>
        Accept the invitation
      </Button>
    </div>
  );
}

function AsNewcomer({ accepting }: { accepting: Accepting }) {
  return (
    <Form
      submit="Accept the invitation"
      wide
      busy={accepting.isPending}
      error={accepting.error}
      onSubmit={({ name = "", password = "" }) => accepting.mutate({ name, password })}
    >
      <Field label="Your name" name="name" autoComplete="name" maxLength={200} />
      <NewPasswordField label="Password" name="password" />
    </Form>
  );
}
