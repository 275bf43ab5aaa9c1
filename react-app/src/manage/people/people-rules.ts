// Which role may give which, and what must be said about a person?

import type { Role } from "../shapes";

export const ROLE_WORDS: Record<Role, string> = {
  owner: "Owner",
  coordinator: "Coordinator",
  volunteer: "Volunteer",
};

export const ROLE_MEANING = "Coordinators plan events and manage people. Owners also choose coordinators and owners.";

const ALL: readonly Role[] = ["volunteer", "coordinator", "owner"];

/** Owners invite anybody; coordinators invite volunteers. */
export function invitable(own: Role): readonly Role[] {
  return own === "owner" ? ALL : ["volunteer"];
}

/** Only owners change roles, and only owners remove an owner. */
export const mayChangeRole = (own: Role) => own === "owner";
export const mayRemove = (own: Role, other: Role) => own === "owner" || other !== "owner";

/** Say whether somebody in this role manages the organization. */
export const mayManage = (role: Role) => role !== "volunteer";

/** Check an address roughly; the API does it exactly. */
export function emailFault(email: string): string | null {
  const text = email.trim();
  if (!text) return "Give an e-mail address.";
  return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(text) && text.length <= 254 ? null : "This is not an e-mail address.";
}

/** Check a name. */
export function nameFault(name: string): string | null {
  if (!name.trim()) return "Give a name.";
  return name.length > 200 ? "At most 200 characters." : null;
}
