// What does the API send to, and take from, those who organize?

export type EventState = "draft" | "published" | "cancelled";
export type RoleName = "owner" | "coordinator" | "volunteer";
export type Audience = "everyone" | "confirmed" | "waiting";

export interface Shift {
  id: number;
  title: string;
  starts_at: string;
  ends_at: string;
  capacity: number;
  taken: number;
  free: number;
  waiting: number;
}

export interface OverviewEvent {
  id: number;
  title: string;
  location: string;
  starts_at: string;
  ends_at: string;
  state: EventState;
  capacity: number;
  taken: number;
  free: number;
  waiting: number;
  shifts: Shift[];
}

export interface ManagedEvent {
  id: number;
  title: string;
  description: string;
  location: string;
  starts_at: string;
  ends_at: string;
  organization: string;
  organization_slug: string;
  capacity: number;
  taken: number;
  free: number;
  state: EventState;
  shifts: Shift[];
}

export interface ShiftIn {
  title: string;
  starts_at: string;
  ends_at: string;
  capacity: number;
}

export interface EventFacts {
  title: string;
  description: string;
  location: string;
  starts_at: string;
  ends_at: string;
}

export interface EventIn extends EventFacts {
  state: "draft" | "published";
  shifts: ShiftIn[];
}

export interface RosterEntry {
  id: number;
  shift_id: number;
  member_id: number;
  name: string;
  email: string;
  phone: string;
  state: "confirmed" | "waiting" | "cancelled";
  created_at: string;
  attended: boolean | null;
}

export interface Person {
  id: number;
  name: string;
  email: string;
  phone: string;
  role: RoleName;
  has_account: boolean;
  joined_at: string;
  upcoming: number;
}

export interface Invitation {
  id: number;
  email: string;
  role: RoleName;
  created_at: string;
  expires_at: string;
  state: "pending" | "accepted" | "revoked" | "expired";
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

export interface Export {
  id: number;
  created_at: string;
  ready_at: string | null;
  rows: number | null;
  error: string | null;
}

export interface ImportReport {
  created: number;
  updated: number;
  rejected: { line: number; why: string }[];
}

export interface Listed<Item> {
  items: Item[];
  next: string | null;
}
