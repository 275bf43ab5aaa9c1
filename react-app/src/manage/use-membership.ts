// The membership with which the page is looked at.

import { useParams } from "@tanstack/react-router";
import type { Role } from "../api/types";
import { useSession } from "../api/use-session";

interface CurrentMembership {
  slug: string;
  name: string;
  role: Role;
  memberId: number;
}

/** Return the membership that the address is about; the layout has checked that there is one. */
export function useMembership(): CurrentMembership {
  const { slug = "" } = useParams({ strict: false });
  const { me } = useSession();
  const membership = me?.organizations.find((one) => one.slug === slug);
  return { slug, name: membership?.name ?? "", role: membership?.role ?? "volunteer", memberId: membership?.member_id ?? 0 };
}
