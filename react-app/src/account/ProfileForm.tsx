// What is my name?

import { useMutation } from "@tanstack/react-query";
import { rename } from "../api/account";
import { updateMe } from "../api/session";
import type { Me } from "../api/types";
import { Field } from "../ui/Field";
import { Form } from "../ui/Form";
import { Notice } from "../ui/Notice";

/** Change the name; the address is the account's and stays. */
export function ProfileForm({ me }: { me: Me }) {
  const renaming = useMutation({
    mutationFn: ({ name = "" }: Record<string, string>) => rename(name),
    onSuccess: updateMe,
  });
  return (
    <section aria-labelledby="profile">
      <header>
        <h3 id="profile">Name</h3>
        <p className="quiet">You sign in with {me.email}.</p>
      </header>
      <Form submit="Save the name" busy={renaming.isPending} error={renaming.error} onSubmit={renaming.mutate}>
        <Field label="Your name" name="name" autoComplete="name" maxLength={200} defaultValue={me.name} />
        {renaming.isSuccess && <Notice tone="good">Saved.</Notice>}
      </Form>
    </section>
  );
}
