// Where somebody goes who has just signed in.

import type { Me } from "../api/types";
import { go } from "../navigation";

/** Go to what they wanted, else to what they manage, else to their own sign-ups. */
export function goAfterSignIn(me: Me, next?: string): void {
  const managed = me.organizations.find(({ role }) => role !== "volunteer");
  go(next ?? (managed ? `/manage/${managed.slug}` : "/me"), { replace: true });
}
