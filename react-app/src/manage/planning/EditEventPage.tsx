// How does an event change?

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { isStatus } from "../../api/errors";
import { go } from "../../navigation";
import { Failed, Loading } from "../../ui/Notice";
import { NotFound } from "../../ui/NotFound";
import { Page } from "../../ui/Page";
import { eventQuery } from "../queries";
import type { ManagedEvent } from "../shapes";
import { useEventId } from "../use-event-id";
import { useMembership } from "../use-membership";
import { useAction } from "../mutations";
import { changesOf } from "./changes";
import { draftOf, type EventDraft } from "./draft";
import { EventForm } from "./EventForm";
import { saveChanges } from "./save";

/** The form for an event that exists. */
export default function EditEventPage() {
  const { slug } = useMembership();
  const id = useEventId();
  const { data, error, refetch } = useQuery(eventQuery(slug, id));
  if (Number.isNaN(id) || isStatus(error, 404)) return <NotFound why="There is no such event in this organization." />;
  if (data) return <Editing key={id} slug={slug} event={data} />;
  return <Page title="Edit event">{error ? <Failed error={error} retry={() => refetch()} /> : <Loading what="the event" />}</Page>;
}

function Editing({ slug, event }: { slug: string; event: ManagedEvent }) {
  const [saved] = useState(() => draftOf(event));
  const [draft, setDraft] = useState(saved);
  const page = `/manage/${slug}/events/${event.id}`;
  const save = useAction<EventDraft, void>({
    slug,
    // Each new row is known by its id as soon as it exists: should a later request fail, it is not made twice.
    run: (wanted) =>
      saveChanges({ slug, event, draft: wanted, changes: changesOf(event, wanted) }, (key, id) =>
        setDraft((now) => ({ ...now, shifts: now.shifts.map((row) => (row.key === key ? { ...row, id } : row)) })),
      ),
    toast: () => "The changes are saved.",
    then: () => go(page, { replace: true, unasked: true }),
  });
  return (
    <Page title={`Edit ${event.title}`} tab={`Edit ${event.title}`} back={{ to: page, label: event.title }} lead={toldOfMoves(event)}>
      <EventForm
        draft={draft}
        saved={saved}
        onChange={setDraft}
        busy={save.isPending}
        isDone={save.isSuccess}
        error={save.error}
        actions={[{ label: "Save changes", publish: event.state === "published", run: () => save.mutate(draft) }]}
      />
    </Page>
  );
}

/** Say, where somebody is signed up, what they learn of a change. */
function toldOfMoves({ state, taken, shifts }: ManagedEvent): string | undefined {
  const isAwaited = taken > 0 || shifts.some(({ waiting }) => waiting > 0);
  return state === "published" && isAwaited ? "Who is signed up gets an e-mail about a new time or place, a few minutes after you save." : undefined;
}
