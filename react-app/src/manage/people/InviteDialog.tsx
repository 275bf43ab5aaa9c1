// Who shall be invited, and as what?

import { useState } from "react";
import { send } from "../../api/client";
import { useAttemptKey } from "../../api/use-attempt-key";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { Field, Select } from "../../ui/Field";
import { Form, type Values } from "../../ui/Form";
import { home } from "../queries";
import type { Invitation, Role } from "../shapes";
import { useAction } from "../mutations";
import { invitable, ROLE_MEANING, ROLE_WORDS } from "./people-rules";

/** A button that asks for an address and, where there is a choice, for a role. */
export function InviteDialog({ slug, role }: { slug: string; role: Role }) {
  const [isOpen, setOpen] = useState(false);
  const keyFor = useAttemptKey();
  const [opened, setOpened] = useState(0);
  const invite = useAction<Values, Invitation>({
    slug,
    run: (values) => {
      const body = { email: values.email, role: values.role ?? "volunteer" };
      return send<Invitation>("POST", `${home(slug)}/invitations`, body, { key: keyFor([body, opened]) });
    },
    toast: ({ email }) => `${email} is invited.`,
    then: () => setOpen(false),
  });
  function open() {
    invite.reset();
    setOpened(opened + 1);
    setOpen(true);
  }
  return (
    <>
      <Button look="secondary" onClick={open}>
        Invite somebody
      </Button>
      {isOpen && (
        <Dialog title="Invite somebody" onClose={() => setOpen(false)}>
          <Form
            submit="Send invitation"
            busy={invite.isPending}
            error={invite.error}
            onSubmit={invite.mutate}
            aside={
              <Button look="quiet" onClick={() => setOpen(false)}>
                Cancel
              </Button>
            }
          >
            <Field label="E-mail" name="email" type="email" maxLength={254} autoComplete="off" hint="A link to join is mailed there; it works for seven days." />
            <Roles role={role} />
          </Form>
        </Dialog>
      )}
    </>
  );
}

function Roles({ role }: { role: Role }) {
  const choices = invitable(role);
  if (choices.length === 1) return <p className="hint">Coordinators invite volunteers; owners also invite coordinators.</p>;
  return (
    <Select label="Role" name="role" hint={ROLE_MEANING} defaultValue="volunteer">
      {choices.map((name) => (
        <option key={name} value={name}>
          {ROLE_WORDS[name]}
        </option>
      ))}
    </Select>
  );
}
