// What is said, and to whom?

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { send } from "../../api/client";
import { useAttemptKey } from "../../api/use-attempt-key";
import { leave } from "../../navigation";
import { shortDate } from "../../time";
import { Button } from "../../ui/Button";
import { Field, Select, TextArea } from "../../ui/Field";
import { Form, type Values } from "../../ui/Form";
import { UnsavedChanges } from "../parts/UnsavedChanges";
import { home, overviewQuery } from "../queries";
import type { Announcement, Audience, ManagedEvent } from "../shapes";
import { useAction } from "../mutations";
import { AUDIENCE_WORDS } from "./announcement-rules";
import { ConfirmSending } from "./ConfirmSending";

interface AnnouncementFormProps {
  slug: string;
  /** The event that it is about, when that is settled. */
  event?: Pick<ManagedEvent, "id" | "title">;
  onDone?: () => void;
}

export interface Message {
  subject: string;
  body: string;
  audience: Audience;
  event_id: number | null;
}

/** Subject, message, audience; before it is sent, how many people get it. */
export function AnnouncementForm({ slug, event, onDone }: AnnouncementFormProps) {
  const [asked, setAsked] = useState<Message | null>(null);
  const [eventId, setEventId] = useState(event ? String(event.id) : "");
  const [attempt, setAttempt] = useState(0);
  const [isWritten, setWritten] = useState(false);
  const keyFor = useAttemptKey();
  const announce = useAction<Message, Announcement>({
    slug,
    run: ({ event_id, ...message }) => {
      const body = event_id === null ? message : { ...message, event_id };
      return send<Announcement>("POST", `${home(slug)}/announcements`, body, { key: keyFor([body, attempt]) });
    },
    toast: () => "The message is on its way.",
    then: () => {
      setAsked(null);
      setWritten(false);
      setAttempt(attempt + 1); // the fields begin anew, and so does the key
      setEventId(event ? String(event.id) : "");
      onDone?.();
    },
  });
  const ask = ({ subject = "", body = "", audience = "everyone" }: Values) =>
    setAsked({ subject, body, audience: audience as Audience, event_id: eventId ? Number(eventId) : null });
  const cancel = onDone && (
    <Button look="quiet" onClick={() => leave(onDone)}>
      Cancel
    </Button>
  );
  return (
    <>
      <Form key={attempt} submit="Review and send" busy={announce.isPending} error={asked ? null : announce.error} onSubmit={ask} aside={cancel}>
        {!event && <EventChoice slug={slug} value={eventId} onChange={setEventId} />}
        {eventId && (
          <Select label="To whom" name="audience" defaultValue="everyone">
            {Object.entries(AUDIENCE_WORDS).map(([audience, words]) => (
              <option key={audience} value={audience}>
                {words}
              </option>
            ))}
          </Select>
        )}
        <div className="stack" onInput={({ currentTarget }) => setWritten(hasWords(currentTarget))}>
          <Field label="Subject" name="subject" maxLength={200} autoComplete="off" />
          <TextArea label="Message" name="body" maxLength={5000} rows={7} />
        </div>
      </Form>
      <UnsavedChanges isChanged={isWritten} title="Leave without sending?" action="Leave" keep="Go on writing">
        What you wrote is not sent, and would be lost.
      </UnsavedChanges>
      {asked && (
        <ConfirmSending
          slug={slug}
          message={asked}
          busy={announce.isPending}
          error={announce.error}
          onConfirm={() => announce.mutate(asked)}
          onClose={() => setAsked(null)}
        />
      )}
    </>
  );
}

function hasWords(part: HTMLElement): boolean {
  return [...part.querySelectorAll<HTMLInputElement | HTMLTextAreaElement>("input, textarea")].some(({ value }) => value.trim() !== "");
}

function EventChoice({ slug, value, onChange }: { slug: string; value: string; onChange: (id: string) => void }) {
  const { data } = useQuery(overviewQuery(slug));
  const events = data?.items.filter(({ state }) => state !== "draft") ?? [];
  return (
    <Select label="About" value={value} onChange={({ target }) => onChange(target.value)}>
      <option value="">The whole organization</option>
      {events.map(({ id, title, starts_at }) => (
        <option key={id} value={id}>
          {title}, {shortDate(starts_at)}
        </option>
      ))}
    </Select>
  );
}
