// How does somebody without an account see and cancel a sign-up?

import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { cancelManaged, managedQuery } from "../api/events";
import { isStatus } from "../api/errors";
import type { MySignUp } from "../api/types";
import { useFragment } from "../navigation";
import { Button, ButtonLink } from "../ui/Button";
import { Confirm } from "../ui/Confirm";
import { focusHeading } from "../ui/focus";
import { Empty, Failed, Loading } from "../ui/Notice";
import { Page } from "../ui/Page";
import { SignUpSummary } from "./SignUpSummary";

/** What the link in a mail opens; the link itself is the key. */
export default function MySignUpPage() {
  const token = useFragment();
  const { data: signUp, error, refetch } = useQuery({ ...managedQuery(token), enabled: token !== "" });
  return (
    <Page title="Your sign-up" width="narrow">
      {signUp ? (
        <Managed token={token} signUp={signUp} />
      ) : !token || isStatus(error, 400, 401, 403, 404, 410, 422) ? (
        <ExpiredLink />
      ) : error ? (
        <Failed error={error} retry={refetch} />
      ) : (
        <Loading what="your sign-up" rows={1} />
      )}
    </Page>
  );
}

function ExpiredLink() {
  return (
    <Empty title="This link does not work">
      <p>It may have been cut off, or its time is over. Open it from the newest mail about your sign-up.</p>
      <p>
        <ButtonLink to="/">See all events</ButtonLink>
      </p>
    </Empty>
  );
}

function Managed({ token, signUp }: { token: string; signUp: MySignUp }) {
  const [isAsking, ask] = useState(false);
  const queries = useQueryClient();
  const cancelling = useMutation({
    mutationFn: () => cancelManaged(token),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: managedQuery(token).queryKey });
      ask(false);
      setTimeout(focusHeading); // the button that opened the dialog is gone
    },
  });
  return (
    <div className="sheet">
      <SignUpSummary signUp={signUp} />
      {signUp.can_cancel && signUp.state !== "cancelled" && (
        <div className="actions">
          <Button look="secondary" onClick={() => ask(true)}>
            Cancel my sign-up
          </Button>
        </div>
      )}
      {isAsking && (
        <Confirm
          title="Cancel this sign-up?"
          action="Cancel my sign-up"
          keep="Keep my place"
          busy={cancelling.isPending}
          error={cancelling.error}
          onConfirm={() => cancelling.mutate()}
          onClose={() => ask(false)}
        >
          <p>Your place goes to whoever is next. Thank you for telling us in time.</p>
        </Confirm>
      )}
    </div>
  );
}
