// Is the person sure?

import type { ReactNode } from "react";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import { Failure } from "./Notice";

interface ConfirmProps {
  title: string;
  children: ReactNode;
  /** What the button says: the action itself, never "OK". */
  action: string;
  keep?: string;
  danger?: boolean;
  busy?: boolean;
  error?: unknown;
  onConfirm: () => void;
  onClose: () => void;
}

/** Ask once more, with the consequence in words. */
export function Confirm({ keep = "Keep it", danger = true, busy = false, ...props }: ConfirmProps) {
  return (
    <Dialog title={props.title} onClose={props.onClose}>
      <div>{props.children}</div>
      <Failure error={props.error} />
      <div className="actions">
        <Button look={danger ? "danger" : "primary"} busy={busy} onClick={props.onConfirm}>
          {props.action}
        </Button>
        <Button look="quiet" onClick={props.onClose}>
          {keep}
        </Button>
      </div>
    </Dialog>
  );
}
