// Which password shall it be from now on?

import { useMutation } from "@tanstack/react-query";
import { choosePassword } from "../api/account";
import { isStatus } from "../api/errors";
import { startSession } from "../api/session";
import { useFragment } from "../navigation";
import { Form } from "../ui/Form";
import { NewPasswordField } from "../ui/PasswordField";
import { AccountLayout } from "./AccountLayout";
import { goAfterSignIn } from "./after-sign-in";
import { ExpiredLink } from "./ExpiredLink";

/** What a mailed link opens: choose a password and be signed in with it. */
export default function ChoosePasswordPage() {
  const token = useFragment();
  const choosing = useMutation({
    mutationFn: ({ password = "" }: Record<string, string>) => choosePassword(token, password),
    onSuccess: (session) => {
      startSession(session);
      goAfterSignIn(session.me);
    },
  });
  if (!token || isStatus(choosing.error, 400, 401, 404, 410)) return <ExpiredLink again="/forgot" />;
  return (
    <AccountLayout title="Choose a password" lead="All other browsers where you are signed in will ask for it.">
      <Form submit="Save and sign in" wide busy={choosing.isPending} error={choosing.error} onSubmit={choosing.mutate}>
        <NewPasswordField label="Password" name="password" />
      </Form>
    </AccountLayout>
  );
}
