// How does somebody get an account?

import { useMutation } from "@tanstack/react-query";
import { register } from "../api/account";
import { Field } from "../ui/Field";
import { Form } from "../ui/Form";
import { Link } from "../ui/Link";
import { AccountLayout } from "./AccountLayout";
import { EmailField } from "./EmailField";
import { MailSent } from "./MailSent";

/** Ask for a name and an address; the rest happens through a mailed link. */
export default function RegisterPage() {
  const registering = useMutation({
    mutationFn: ({ name = "", email = "" }: Record<string, string>) => register({ name, email }),
  });
  if (registering.isSuccess) {
    return (
      <AccountLayout title="Make an account">
        <MailSent>
          <p>
            We have written to <strong>{registering.variables.email}</strong>. Open the link in it and choose a password.
          </p>
          <p className="quiet">Nothing there after a few minutes? Look among the unwanted mails.</p>
        </MailSent>
      </AccountLayout>
    );
  }
  return (
    <AccountLayout
      title="Make an account"
      lead="To keep track of your shifts, or to plan events for your organization."
      otherwise={
        <p>
          You have one already? <Link to="/sign-in">Sign in</Link>
        </p>
      }
    >
      <Form submit="Send me a link" wide busy={registering.isPending} error={registering.error} onSubmit={registering.mutate}>
        <Field label="Your name" name="name" autoComplete="name" maxLength={200} />
        <EmailField label="Your e-mail" autoComplete="email" />
      </Form>
    </AccountLayout>
  );
}
