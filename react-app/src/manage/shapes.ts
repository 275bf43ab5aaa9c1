// Which of the API's shapes do the coordinators' pages know by a name of their own?

import type { EventIn as AnyEventIn, Page, Role, ShiftIn, VolunteerEvent } from "../api/types";

export type { Announcement, Audience, ExportJob, ImportResult, Invitation, OverviewEvent, Person, Role, RosterEntry, Shift, ShiftIn } from "../api/types";
export type ManagedEvent = VolunteerEvent;
export type ManagerRole = Exclude<Role, "volunteer">;
export type Listed<Item> = Page<Item>;

/** What can be changed of an event that exists, its state apart. */
export interface EventFacts {
  title: string;
  description: string;
  location: string;
  starts_at: string;
  ends_at: string;
}

/** A whole event, as the form sends it. */
export interface EventIn extends EventFacts, Pick<AnyEventIn, "shifts"> {
  state: "draft" | "published";
  shifts: ShiftIn[];
}
