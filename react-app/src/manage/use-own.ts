// In which organization is the page, and as whom is it looked at?

import { useParams } from "@tanstack/react-router";
import type { Role } from "../api/types";
import { useSession } from "../api/use-session";

export interface Own {
  slug: string;
  name: string;
  role: Role;
  memberId: number;
}

/** Return the membership that the address is about; the layout has checked that there is one. */
export function useOwn(): Own {
  const { slug = "" } = useParams({ strict: false });
  const { me } = useSession();
  const own = me?.organizations.find((membership) => membership.slug === slug);
  return { slug, name: own?.name ?? "", role: own?.role ?? "volunteer", memberId: own?.member_id ?? 0 };
}

/** Return the id of the event that the address is about; NaN when it is none. */
export function useEventId(): number {
  const { id = "" } = useParams({ strict: false });
  return /^\d{1,15}$/.test(id) ? Number(id) : Number.NaN;
}
