// What does the API send, and what does it take?

export type Role = "owner" | "coordinator" | "volunteer";
export type EventState = "draft" | "published" | "cancelled";
export type SignUpState = "confirmed" | "waiting" | "cancelled";
export type Audience = "everyone" | "confirmed" | "waiting";

/** One page of a list; `next` is the cursor of the page after it. */
export interface Page<Item> {
  items: Item[];
  next: string | null;
}

export interface Membership {
  slug: string;
  name: string;
  role: Role;
  member_id: number;
}

export interface Me {
  id: number;
  name: string;
  email: string;
  organizations: Membership[];
}

export interface Session {
  access_token: string;
  token_type: "Bearer";
  expires_in: number;
  me: Me;
}

export interface Organization {
  id: number;
  slug: string;
  name: string;
  description: string;
  created_at: string;
}

/** How many places there are; `free` is never below nought. */
export interface PlacesCount {
  capacity: number;
  taken: number;
  free: number;
}

export interface EventCard extends PlacesCount {
  id: number;
  title: string;
  location: string;
  starts_at: string;
  ends_at: string;
  organization: string;
  organization_slug: string;
}

export interface Shift extends PlacesCount {
  id: number;
  title: string;
  starts_at: string;
  ends_at: string;
  waiting: number;
}

export interface VolunteerEvent extends EventCard {
  description: string;
  state: EventState;
  shifts: Shift[];
}

export interface ShiftIn {
  title: string;
  starts_at: string;
  ends_at: string;
  capacity: number;
}

export interface EventIn {
  title: string;
  description?: string;
  location?: string;
  starts_at: string;
  ends_at: string;
  state?: EventState;
  shifts: ShiftIn[];
}

export interface OverviewEvent extends PlacesCount {
  id: number;
  title: string;
  location: string;
  starts_at: string;
  ends_at: string;
  state: EventState;
  waiting: number;
  shifts: Shift[];
}

/** The answer to a sign-up; a person without account gets no id. */
export interface SignedUp {
  id: number | null;
  state: SignUpState;
  place: number | null;
}

export interface MySignUp {
  id: number;
  state: SignUpState;
  place: number | null;
  event_id: number;
  event_title: string;
  event_state: EventState;
  location: string;
  organization: string;
  organization_slug: string;
  shift_title: string;
  starts_at: string;
  ends_at: string;
  can_cancel: boolean;
}

export interface RosterEntry {
  id: number;
  shift_id: number;
  member_id: number;
  name: string;
  email: string;
  phone: string;
  state: SignUpState;
  created_at: string;
  attended: boolean | null;
}

export interface Person {
  id: number;
  name: string;
  email: string;
  phone: string;
  role: Role;
  has_account: boolean;
  joined_at: string;
  upcoming: number;
}

export interface Invitation {
  id: number;
  email: string;
  role: Role;
  created_at: string;
  expires_at: string;
  state: "pending" | "accepted" | "revoked" | "expired";
}

export interface InvitationRead {
  organization_name: string;
  organization_slug: string;
  role: Role;
  email: string;
  has_account: boolean;
}

export interface Announcement {
  id: number;
  subject: string;
  body: string;
  audience: Audience;
  event_id: number | null;
  event_title: string | null;
  author: string | null;
  created_at: string;
  recipients: number | null;
}

export interface ExportJob {
  id: number;
  created_at: string;
  ready_at: string | null;
  rows: number | null;
  error: string | null;
}

export interface ImportResult {
  created: number;
  updated: number;
  rejected: { line: number; why: string }[];
}
