// Asks before a page with unsaved changes is left.

import { useEffect, useState } from "react";
import { Confirm } from "../../ui/Confirm";
import { guardPage } from "./unsaved-guard";

interface UnsavedChangesProps {
  /** Whether there is something to lose. */
  isChanged: boolean;
  title: string;
  action: string;
  keep: string;
  children: string;
}

/** Ask before the page is left, as long as something on it is changed. */
export function UnsavedChanges({ isChanged, title, action, keep, children }: UnsavedChangesProps) {
  const [goOn, setGoOn] = useState<(() => void) | null>(null);
  useEffect(() => (isChanged ? guardPage((wanted) => setGoOn(() => wanted)) : undefined), [isChanged]);
  if (!goOn) return null;
  const answer = (then?: () => void) => {
    setGoOn(null);
    then?.();
  };
  return (
    <Confirm title={title} action={action} keep={keep} onConfirm={() => answer(goOn)} onClose={() => answer()}>
      <p>{children}</p>
    </Confirm>
  );
}
