// How does an event begin?

import { useState } from "react";
import { send } from "../../api/client";
import { useAttemptKey } from "../../api/use-attempt-key";
import { go } from "../../navigation";
import { Page } from "../../ui/Page";
import { home } from "../queries";
import type { ManagedEvent } from "../shapes";
import { useMembership } from "../use-membership";
import { useAction } from "../mutations";
import { toEventIn } from "./changes";
import { type EventDraft, newDraft } from "./draft";
import { EventForm } from "./EventForm";

interface Wanted {
  draft: EventDraft;
  publish: boolean;
}

/** An empty event with sensible times, saved as a draft or published at once. */
export default function NewEventPage() {
  const { slug, name } = useMembership();
  const [saved] = useState(() => newDraft(new Date()));
  const [draft, setDraft] = useState(saved);
  const keyFor = useAttemptKey();
  const create = useAction<Wanted, ManagedEvent>({
    slug,
    run: (wanted) => {
      const body = toEventIn(wanted.draft, wanted.publish ? "published" : "draft");
      return send<ManagedEvent>("POST", `${home(slug)}/events`, body, { key: keyFor(body) });
    },
    toast: ({ state }) => (state === "published" ? "The event is published." : "The draft is saved."),
    then: ({ id }) => go(`/manage/${slug}/events/${id}`, { replace: true, unasked: true }),
  });
  return (
    <Page title="New event" tab={`New event · ${name}`} back={{ to: `/manage/${slug}`, label: "Overview" }}>
      <EventForm
        draft={draft}
        saved={saved}
        onChange={setDraft}
        busy={create.isPending}
        isDone={create.isSuccess}
        error={create.error}
        actions={[
          { label: "Publish", publish: true, run: () => create.mutate({ draft, publish: true }) },
          { label: "Save as draft", publish: false, run: () => create.mutate({ draft, publish: false }) },
        ]}
      />
    </Page>
  );
}
