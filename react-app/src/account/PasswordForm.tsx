// How is the password changed?

import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { changePassword } from "../api/account";
import { startSession } from "../api/session";
import { Form } from "../ui/Form";
import { Notice } from "../ui/Notice";
import { NewPasswordField, PasswordField } from "../ui/PasswordField";

/** The old one and the new one; every other browser is signed out. */
export function PasswordForm({ email }: { email: string }) {
  const [times, setTimes] = useState(0);
  const changing = useMutation({
    mutationFn: ({ current = "", new: next = "" }: Record<string, string>) => changePassword(current, next),
    onSuccess: (session) => {
      startSession(session);
      setTimes(times + 1);
    },
  });
  return (
    <section aria-labelledby="password">
      <header>
        <h3 id="password">Password</h3>
        <p className="quiet">Changing it signs you out of all other browsers.</p>
      </header>
      <Form key={times} submit="Change the password" busy={changing.isPending} error={changing.error} onSubmit={changing.mutate}>
        <input type="hidden" name="username" autoComplete="username" value={email} readOnly />
        <PasswordField label="Present password" name="current" autoComplete="current-password" maxLength={200} />
        <NewPasswordField name="new" />
        {changing.isSuccess && <Notice tone="good">The password is changed.</Notice>}
      </Form>
    </section>
  );
}
