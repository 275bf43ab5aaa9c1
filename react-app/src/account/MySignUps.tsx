// Which shifts are mine, and which can I still cancel?

import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { cancelMine, mySignUpsQuery } from "../api/events";
import type { MySignUp } from "../api/types";
import { SignUpSummary } from "../public/SignUpSummary";
import { Button, ButtonLink } from "../ui/Button";
import { Confirm } from "../ui/Confirm";
import { focusHeading } from "../ui/focus";
import { Empty, Failed, Failure, Loading } from "../ui/Notice";

/** What lies ahead, or, on demand, what is over. */
export function MySignUps() {
  const [past, showPast] = useState(false);
  const query = useInfiniteQuery(mySignUpsQuery({ past }));
  const signUps = query.data?.pages.flatMap(({ items }) => items);
  return (
    <div className="my-sign-ups">
      {signUps ? (
        <List signUps={signUps} past={past} />
      ) : query.error ? (
        <Failed error={query.error} retry={query.refetch} />
      ) : (
        <Loading what="your sign-ups" rows={2} />
      )}
      <Failure error={query.isFetchNextPageError && query.error} />
      <div className="actions">
        {query.hasNextPage && (
          <Button look="secondary" busy={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Show more
          </Button>
        )}
        <Button look="quiet" onClick={() => showPast(!past)}>
          {past ? "Show what lies ahead" : "Show past shifts"}
        </Button>
      </div>
    </div>
  );
}

function List({ signUps, past }: { signUps: MySignUp[]; past: boolean }) {
  if (signUps.length === 0) {
    return past ? (
      <Empty title="No past shifts" />
    ) : (
      <Empty title="Nothing planned yet">
        <p>Your shifts appear here as soon as you sign up for one.</p>
        <p>
          <ButtonLink to="/">See all events</ButtonLink>
        </p>
      </Empty>
    );
  }
  return (
    <ul className="list">
      {signUps.map((signUp) => (
        <li key={signUp.id} className="sheet row my-sign-up">
          <SignUpSummary signUp={signUp} />
          {signUp.can_cancel && signUp.state !== "cancelled" && <Cancel signUp={signUp} />}
        </li>
      ))}
    </ul>
  );
}

function Cancel({ signUp }: { signUp: MySignUp }) {
  const [isAsking, ask] = useState(false);
  const queries = useQueryClient();
  const cancelling = useMutation({
    mutationFn: () => cancelMine(signUp.id),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ["my-sign-ups"] });
      void queries.invalidateQueries({ queryKey: ["event", signUp.event_id] });
      ask(false);
      setTimeout(focusHeading); // the button that opened the dialog is gone
    },
  });
  return (
    <>
      <Button look="secondary" onClick={() => ask(true)}>
        Cancel <span className="visually-hidden">{signUp.shift_title}</span>
      </Button>
      {isAsking && (
        <Confirm
          title={`Cancel “${signUp.shift_title}”?`}
          action="Cancel my sign-up"
          keep="Keep my place"
          busy={cancelling.isPending}
          error={cancelling.error}
          onConfirm={() => cancelling.mutate()}
          onClose={() => ask(false)}
        >
          <p>Your place goes to whoever is next. Thank you for telling them in time.</p>
        </Confirm>
      )}
    </>
  );
}
