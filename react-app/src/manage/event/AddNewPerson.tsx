// Put somebody on a shift who is not in the organization yet.

import { send } from "../../api/client";
import { Field } from "../../ui/Field";
import { Form } from "../../ui/Form";
import { home } from "../queries";
import type { Person } from "../shapes";
import { useAction } from "../mutations";

interface AddNewPersonProps {
  slug: string;
  /** What was searched for: the name, or the address. */
  typed: string;
  onAdded: (person: Person) => void;
}

/** Ask for name and address, and add the person to both. */
export function AddNewPerson({ slug, typed, onAdded }: AddNewPersonProps) {
  const create = useAction<Record<string, string>, Person>({
    slug,
    run: ({ name, email }) => send<Person>("POST", `${home(slug)}/people`, { name, email }),
    then: onAdded,
  });
  const isAddress = typed.includes("@");
  return (
    <div className="somebody-new">
      <p className="quiet">Nobody is found. Add somebody new to the organization and to this shift:</p>
      <Form submit="Add" busy={create.isPending} error={create.error} onSubmit={create.mutate}>
        <Field key={`name ${typed}`} label="Name" name="name" maxLength={200} autoComplete="off" defaultValue={isAddress ? "" : typed} />
        <Field key={`email ${typed}`} label="E-mail" name="email" type="email" autoComplete="off" defaultValue={isAddress ? typed : ""} />
      </Form>
    </div>
  );
}
