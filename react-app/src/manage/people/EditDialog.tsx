// What can be changed about a person?

import { get, send } from "../../api/client";
import { updateMe } from "../../api/session";
import type { Me } from "../../api/types";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { Field, Select } from "../../ui/Field";
import { Form, type Values } from "../../ui/Form";
import { home } from "../queries";
import type { Person, Role } from "../shapes";
import { useAction } from "../mutations";
import { mayChangeRole, ROLE_MEANING, ROLE_WORDS } from "./people-rules";

interface EditDialogProps {
  slug: string;
  person: Person;
  own: { role: Role; isSelf: boolean };
  onClose: () => void;
  /** Nothing where the reader may not remove this person. */
  onRemove?: () => void;
}

/** Name and telephone; the role as well, when an owner looks. */
export function EditDialog({ slug, person, own, onClose, onRemove }: EditDialogProps) {
  const save = useAction<Values, void>({
    slug,
    run: async (values) => {
      await send("PATCH", `${home(slug)}/people/${person.id}`, changed(values, person));
      if (own.isSelf) updateMe(await get<Me>("/me")); // one's own role decides what one sees
    },
    toast: (_, { name = person.name }) => `${name} is saved.`,
    then: onClose,
  });
  return (
    <Dialog title={`Edit ${person.name}`} onClose={onClose}>
      <Form
        submit="Save"
        busy={save.isPending}
        error={save.error}
        onSubmit={save.mutate}
        aside={
          <Button look="quiet" onClick={onClose}>
            Cancel
          </Button>
        }
      >
        <Field label="Name" name="name" maxLength={200} autoComplete="off" defaultValue={person.name} />
        <Field label="Telephone" name="phone" type="tel" optional maxLength={50} autoComplete="off" defaultValue={person.phone} />
        {mayChangeRole(own.role) && <RoleChoice role={person.role} />}
        <p className="hint">The address {person.email} stays: it is how the person is known.</p>
      </Form>
      {onRemove && (
        <div className="dialog-foot">
          <Button look="quiet" className="button-warning" onClick={onRemove}>
            Remove this person…
          </Button>
        </div>
      )}
    </Dialog>
  );
}

function RoleChoice({ role }: { role: Role }) {
  return (
    <Select label="Role" name="role" hint={ROLE_MEANING} defaultValue={role}>
      {(["volunteer", "coordinator", "owner"] as const).map((name) => (
        <option key={name} value={name}>
          {ROLE_WORDS[name]}
        </option>
      ))}
    </Select>
  );
}

/** Only what differs is sent; a coordinator may not send a role at all. */
export function changed(values: Values, person: Pick<Person, "name" | "phone" | "role">): Values {
  const names = ["name", "phone", "role"] as const;
  const differing = names.filter((name) => values[name] !== undefined && values[name] !== person[name]);
  return Object.fromEntries(differing.map((name) => [name, values[name] ?? ""]));
}
