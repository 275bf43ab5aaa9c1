// How does somebody who was written down by others say yes, without an account?

import { useMutation } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { confirmInvitation } from "../api/account";
import { Button } from "../ui/Button";
import { Link } from "../ui/Link";
import { Failure } from "../ui/Notice";

interface SayYesProps {
  /** Of the mailed link; null for who is on no list. */
  token: string | null;
  /** The way with an account, which nobody on the list has to go. */
  children: ReactNode;
}

/** A click says yes; below it an account is offered. */
export function SayYes({ token, children }: SayYesProps) {
  const confirming = useMutation({ mutationFn: confirmInvitation });
  if (token === null) return children;
  if (confirming.data) {
    return (
      <p role="status">
        Thank you! You are on the list. <Link to={`/o/${confirming.data.organization_slug}`}>See what is planned</Link>
      </p>
    );
  }
  return (
    <div className="stack">
      <p>You were written down as somebody who might help. Is that all right? If not, leave this page: nothing more will come.</p>
      <Failure error={confirming.error} />
      <Button className="button-wide" busy={confirming.isPending} onClick={() => confirming.mutate(token)}>
        Yes, put me on the list
      </Button>
      <p className="quiet">Or accept with an account, which shows all your sign-ups in one place:</p>
      {children}
    </div>
  );
}
