// How does somebody get in who forgot the password?

import { useMutation } from "@tanstack/react-query";
import { forgot } from "../api/account";
import { Form } from "../ui/Form";
import { Link } from "../ui/Link";
import { AccountLayout } from "./AccountLayout";
import { EmailField } from "./EmailField";
import { MailSent } from "./MailSent";

/** Mail a link to choose another password. The page says the same whether or not there is such an account. */
export default function ForgotPage() {
  const asking = useMutation({ mutationFn: ({ email = "" }: Record<string, string>) => forgot(email) });
  if (asking.isSuccess) {
    return (
      <AccountLayout title="Forgot your password?">
        <MailSent>
          <p>
            If <strong>{asking.variables.email}</strong> has an account, a link to choose a new password is on its way.
          </p>
        </MailSent>
      </AccountLayout>
    );
  }
  return (
    <AccountLayout
      title="Forgot your password?"
      lead="We mail you a link to choose a new one."
      otherwise={
        <p>
          It came back to you? <Link to="/sign-in">Sign in</Link>
        </p>
      }
    >
      <Form submit="Send me a link" wide busy={asking.isPending} error={asking.error} onSubmit={asking.mutate}>
        <EmailField />
      </Form>
    </AccountLayout>
  );
}
