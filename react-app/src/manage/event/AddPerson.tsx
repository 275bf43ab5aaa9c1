// Who else shall be on this shift?

import { useInfiniteQuery } from "@tanstack/react-query";
import { useDeferredValue, useRef, useState } from "react";
import { send } from "../../api/client";
import type { SignedUp } from "../../api/types";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { Field } from "../../ui/Field";
import { Failed, Failure } from "../../ui/Notice";
import { home, peopleQuery } from "../queries";
import type { Person, RosterEntry, Shift } from "../shapes";
import { useDebounce } from "../use-debounce";
import { useAction } from "../mutations";
import { AddNewPerson } from "./AddNewPerson";

interface AddPersonProps {
  slug: string;
  shift: Shift;
  entries: RosterEntry[];
}

/** A button that opens a search among the organization's people. */
export function AddPerson(props: AddPersonProps) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button look="secondary" onClick={() => setOpen(true)} aria-label={`Add a person to ${props.shift.title}`}>
        Add a person
      </Button>
      {isOpen && (
        <Dialog title={`Add to ${props.shift.title}`} onClose={() => setOpen(false)}>
          <Search {...props} onClose={() => setOpen(false)} />
        </Dialog>
      )}
    </>
  );
}

function Search({ slug, shift, entries, onClose }: AddPersonProps & { onClose: () => void }) {
  const [text, setText] = useState("");
  const [words, setWords] = useState("");
  const field = useRef<HTMLDivElement>(null);
  const search = useDebounce(text.trim());
  const { data, error, refetch } = useInfiniteQuery(peopleQuery(slug, { search, limit: 6 }));
  const found = useDeferredValue(data?.pages[0]?.items);
  const add = useAction<Person, SignedUp>({
    slug,
    run: ({ id }) => send<SignedUp>("POST", `${home(slug)}/shifts/${shift.id}/sign-ups`, { member_id: id }),
    then: (signedUp, person) => {
      setWords(outcome(person.name, signedUp));
      field.current?.querySelector("input")?.focus(); // the button goes, and the next one is searched for here
    },
  });
  const listed = new Set(entries.map(({ member_id }) => member_id));
  return (
    <div className="stack">
      <div ref={field}>
        <Field label="Name or e-mail" type="search" required={false} autoComplete="off" value={text} onChange={(event) => setText(event.target.value)} />
      </div>
      {shift.free === 0 && <p className="hint">This shift is full; whoever is added now waits for a place.</p>}
      <p role="status" className="added">
        {words}
      </p>
      <Failure error={add.error} />
      {error && <Failed error={error} retry={() => refetch()} />}
      <ul className="people-rows" aria-label="People found">
        {found?.map((person) => (
          <li key={person.id} className="person-row">
            <div className="person-who">
              <span className="person-name">{person.name}</span>
              <span className="person-reach">{person.email}</span>
            </div>
            {listed.has(person.id) ? (
              <span className="tag tag-calm">On the list</span>
            ) : (
              <Button look="secondary" busy={add.isPending} aria-label={`Add ${person.name}`} onClick={() => add.mutate(person)}>
                Add
              </Button>
            )}
          </li>
        ))}
      </ul>
      {found?.length === 0 && <AddNewPerson slug={slug} typed={search} onAdded={(person) => add.mutate(person)} />}
      <div className="actions">
        <Button look="quiet" onClick={onClose}>
          Done
        </Button>
      </div>
    </div>
  );
}

/** Say whether the person got a place. */
export function outcome(name: string, { state, place }: SignedUp): string {
  if (state === "confirmed") return `${name} has a place.`;
  return place === null ? `${name} is on the waiting list.` : `${name} is number ${place} on the waiting list.`;
}
