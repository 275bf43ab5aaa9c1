// Who are you?

import { useMutation } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useEffect } from "react";
import { logIn } from "../api/account";
import { currentSession, sessionKnown, startSession } from "../api/session";
import { Form } from "../ui/Form";
import { Link } from "../ui/Link";
import { Notice } from "../ui/Notice";
import { PasswordField } from "../ui/PasswordField";
import { AccountLayout } from "./AccountLayout";
import { goAfterSignIn } from "./after-sign-in";
import { EmailField } from "./EmailField";

const route = getRouteApi("/sign-in");

/** Sign in, then go on to where somebody was on the way to. */
export default function SignInPage() {
  const { next } = route.useSearch();
  useAlreadySignedIn(next);
  const signingIn = useMutation({
    mutationFn: ({ email = "", password = "" }: Record<string, string>) => logIn(email, password),
    onSuccess: (session) => {
      startSession(session);
      goAfterSignIn(session.me, next);
    },
  });
  return (
    <AccountLayout title="Sign in" otherwise={<Otherwise />}>
      {next && (
        <div className="before-form">
          <Notice>Please sign in to open that page.</Notice>
        </div>
      )}
      <Form submit="Sign in" wide busy={signingIn.isPending} error={signingIn.error} onSubmit={signingIn.mutate}>
        <EmailField />
        <PasswordField label="Password" name="password" autoComplete="current-password" maxLength={200} />
      </Form>
    </AccountLayout>
  );
}

/** Somebody who comes back with a session need not sign in again. */
function useAlreadySignedIn(next: string | undefined) {
  useEffect(() => {
    void sessionKnown().then(() => {
      const { me } = currentSession();
      if (me) goAfterSignIn(me, next);
    });
  }, [next]);
}

function Otherwise() {
  return (
    <>
      <p>
        <Link to="/forgot">I forgot my password</Link>
      </p>
      <p>
        New here? <Link to="/register">Make an account</Link>. To sign up for a shift you need none.
      </p>
    </>
  );
}
