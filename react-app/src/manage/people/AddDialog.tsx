// How does somebody become one of the organization's people?

import { useState } from "react";
import { send } from "../../api/client";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { Field } from "../../ui/Field";
import { Form, type Values } from "../../ui/Form";
import { home } from "../queries";
import type { Person } from "../shapes";
import { useAction } from "../mutations";

/** A button that asks for name, address and telephone. */
export function AddDialog({ slug }: { slug: string }) {
  const [isOpen, setOpen] = useState(false);
  const add = useAction<Values, Person>({
    slug,
    run: ({ name, email, phone }) => send<Person>("POST", `${home(slug)}/people`, { name, email, ...(phone ? { phone } : {}) }),
    toast: ({ name }) => `${name} is added.`,
    then: () => setOpen(false),
  });
  return (
    <>
      <Button
        onClick={() => {
          add.reset();
          setOpen(true);
        }}
      >
        Add a person
      </Button>
      {isOpen && (
        <Dialog title="Add a person" onClose={() => setOpen(false)}>
          <Form
            submit="Add"
            busy={add.isPending}
            error={add.error}
            onSubmit={add.mutate}
            aside={
              <Button look="quiet" onClick={() => setOpen(false)}>
                Cancel
              </Button>
            }
          >
            <Field label="Name" name="name" maxLength={200} autoComplete="off" />
            <Field label="E-mail" name="email" type="email" maxLength={254} autoComplete="off" hint="We ask them first: until they say yes, nothing else is mailed to them." />
            <Field label="Telephone" name="phone" type="tel" optional maxLength={50} autoComplete="off" />
          </Form>
        </Dialog>
      )}
    </>
  );
}
