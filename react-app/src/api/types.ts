// What does the API send, and what does it take? The names of what `npm run api-types` made of its OpenAPI document.

import type { components } from "./schema";

type Schemas = components["schemas"];

export type Role = Schemas["Role"];
export type EventState = Schemas["Event"]["state"];
export type SignUpState = Schemas["SignedUp"]["state"];
export type Audience = Schemas["Announcement"]["audience"];

/** One page of a list; `next` is the cursor of the page after it. */
export interface Page<Item> {
  items: Item[];
  next: string | null;
}

export type Membership = Schemas["Membership"];
export type Me = Schemas["Me"];
export type Session = Schemas["Session"];
export type Organization = Schemas["Organization"];
export type OrganizationIn = Schemas["OrganizationIn"];
export type EventCard = Schemas["EventCard"];
export type VolunteerEvent = Schemas["Event"];
export type EventIn = Schemas["EventIn"];
export type OverviewEvent = Schemas["OverviewEvent"];
export type Shift = Schemas["Shift"];
export type ShiftIn = Schemas["ShiftIn"];
export type SignedUp = Schemas["SignedUp"];
export type MySignUp = Schemas["MySignUp"];
export type RosterEntry = Schemas["RosterEntry"];
export type Person = Schemas["Person"];
export type Invitation = Schemas["Invitation"];
export type InvitationRead = Schemas["InvitationRead"];
export type Announcement = Schemas["Announcement"];
export type ExportJob = Schemas["Export"];
export type ImportResult = Schemas["Imported"];

/** How many places there are; `free` is never below nought. */
export type PlacesCount = Pick<EventCard, "capacity" | "taken" | "free">;
