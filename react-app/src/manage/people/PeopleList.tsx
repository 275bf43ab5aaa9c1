// Who is found, and what can be done with each?

import { useState } from "react";
import { Button } from "../../ui/Button";
import type { Person, Role } from "../shapes";
import { EditDialog } from "./EditDialog";
import { mayRemove, ROLE_WORDS } from "./people-rules";
import { RemoveDialog } from "./RemoveDialog";

interface PeopleListProps {
  slug: string;
  people: Person[];
  /** The reader's own role and membership. */
  role: Role;
  memberId: number;
}

/** A table where there is room for one, cards on a phone; the same elements in both. */
export function PeopleList({ slug, people, role, memberId }: PeopleListProps) {
  return (
    <ul className="rows people-list">
      {people.map((person) => (
        <PersonItem key={person.id} slug={slug} person={person} own={{ role, isSelf: person.id === memberId }} />
      ))}
    </ul>
  );
}

interface PersonItemProps {
  slug: string;
  person: Person;
  own: { role: Role; isSelf: boolean };
}

function PersonItem({ slug, person, own }: PersonItemProps) {
  const [open, setOpen] = useState<"edit" | "remove" | null>(null);
  const close = () => setOpen(null);
  return (
    <li className="people-item">
      <div className="person-who">
        <span className="person-name">
          {person.name}
          {own.isSelf && <span className="quiet"> (you)</span>}
        </span>
        <span className="person-reach">
          <a href={`mailto:${person.email}`}>{person.email}</a>
          {person.phone && <a href={`tel:${person.phone.replace(/[^+\d]/g, "")}`}>{person.phone}</a>}
        </span>
      </div>
      <p className="people-facts">
        {person.role !== "volunteer" && <span className="tag">{ROLE_WORDS[person.role]}</span>}
        <span>{upcomingWords(person.upcoming)}</span>
        {!person.has_account && <span>No account</span>}
        {!person.is_confirmed && <span>Not confirmed yet</span>}
      </p>
      <div className="people-actions">
        <Button look="quiet" onClick={() => setOpen("edit")} aria-label={`Edit ${person.name}`}>
          Edit
        </Button>
      </div>
      {open === "edit" && <EditDialog slug={slug} person={person} own={own} onClose={close} {...(mayRemove(own.role, person.role) && { onRemove: () => setOpen("remove") })} />}
      {open === "remove" && <RemoveDialog slug={slug} person={person} onClose={close} />}
    </li>
  );
}

function upcomingWords(count: number): string {
  if (count === 0) return "No shift ahead";
  return count === 1 ? "1 shift ahead" : `${count} shifts ahead`;
}
