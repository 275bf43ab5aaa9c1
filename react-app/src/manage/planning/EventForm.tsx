// What is asked about an event?

import { type FormEvent, useEffect, useRef, useState } from "react";
import { fieldErrors } from "../../api/errors";
import { Button } from "../../ui/Button";
import { Field, FormErrors, TextArea } from "../../ui/Field";
import { Failure, Notice } from "../../ui/Notice";
import { UnsavedChanges } from "../parts/UnsavedChanges";
import { changeEvent, type EventDraft, isSameDraft } from "./draft";
import { zoneName } from "./local-time";
import { type Faults, findFaults } from "./rules";
import { ShiftRows } from "./ShiftRows";

export interface SaveAction {
  label: string;
  publish: boolean;
  run: () => void;
}

interface EventFormProps {
  draft: EventDraft;
  /** What is saved, or what the form began with. */
  saved: EventDraft;
  onChange: (draft: EventDraft) => void;
  busy: boolean;
  isDone: boolean;
  error: unknown;
  /** The first one is the usual one; Enter does the last one, which nobody regrets. */
  actions: SaveAction[];
}

/** The event, then its shifts, then the ways to save. */
export function EventForm({ draft, saved, onChange, busy, isDone, error, actions }: EventFormProps) {
  const form = useRef<HTMLFormElement>(null);
  const [tried, setTried] = useState<{ publish: boolean } | null>(null);
  const own = tried ? findFaults(draft, tried) : {};
  useEffect(() => focusFault(form.current), [error]);

  function save(action: SaveAction) {
    if (busy) return;
    setTried({ publish: action.publish });
    const isFine = Object.keys(findFaults(draft, action)).length === 0;
    if (isFine) action.run();
    else requestAnimationFrame(() => focusFault(form.current));
  }

  function send(event: FormEvent) {
    event.preventDefault();
    const last = actions.at(-1);
    if (last) save(last);
  }

  const faults: Faults = { ...fieldErrors(error), ...own };
  return (
    <>
      <form ref={form} className="form event-form" noValidate onSubmit={send}>
        <FormErrors value={faults}>
          <Facts draft={draft} onChange={onChange} />
          <ShiftRows draft={draft} faults={faults} onChange={onChange} />
        </FormErrors>
        {Object.keys(own).length > 0 ? <Notice tone="bad">Please check what is marked.</Notice> : <Failure error={error} />}
        <div className="actions">
          {actions.map((action, place) => (
            <Button
              key={action.label}
              type={place === actions.length - 1 ? "submit" : "button"}
              look={place === 0 ? "primary" : "secondary"}
              busy={busy}
              onClick={place === actions.length - 1 ? undefined : () => save(action)}
            >
              {action.label}
            </Button>
          ))}
        </div>
      </form>
      <UnsavedChanges isChanged={!isDone && !isSameDraft(draft, saved)} title="Leave without saving?" action="Leave" keep="Go on editing">
        What you changed in this form is not saved, and would be lost.
      </UnsavedChanges>
    </>
  );
}

function Facts({ draft, onChange }: Pick<EventFormProps, "draft" | "onChange">) {
  const set = (name: "title" | "location" | "description" | "starts" | "ends") => ({
    value: draft[name],
    onChange: ({ target }: { target: { value: string } }) => onChange(changeEvent(draft, { [name]: target.value })),
  });
  return (
    <div className="sheet stack">
      <Field label="Title" name="title" maxLength={200} autoComplete="off" {...set("title")} />
      <Field label="Place" name="location" optional maxLength={200} autoComplete="off" hint="Where people meet." {...set("location")} />
      <div className="pair">
        <Field label="Starts" name="starts_at" type="datetime-local" {...set("starts")} />
        <Field label="Ends" name="ends_at" type="datetime-local" {...set("ends")} />
      </div>
      <p className="hint">Times are in your time zone, {zoneName()}. A new start moves the shifts with it.</p>
      <TextArea
        label="Description"
        name="description"
        optional
        maxLength={5000}
        hint="What happens, what to bring, whom to ask."
        {...set("description")}
      />
    </div>
  );
}

function focusFault(form: HTMLFormElement | null): void {
  form?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
}
