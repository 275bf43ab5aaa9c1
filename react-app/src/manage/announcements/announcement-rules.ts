// The rules of an announcement: its audience in words, and whether it is ready to be sent.

import type { Audience } from "../shapes";

export const AUDIENCE_WORDS: Record<Audience, string> = {
  everyone: "Everyone signed up",
  confirmed: "Only those with a place",
  waiting: "Only the waiting list",
};

/** How many get it: exactly, at least, or not known. */
export interface Reach {
  people: number;
  atLeast: boolean;
}

const count = (number: number) => number.toLocaleString("en-GB");

/** Write `12 people`, `1 person` or `more than 1,000 people`. */
export function reachWords({ people, atLeast }: Reach): string {
  if (atLeast) return `more than ${count(people)} people`;
  return people === 1 ? "1 person" : `${count(people)} people`;
}

/** Say to whom an announcement went, below its subject. */
export function sentTo(item: { event_title: string | null; audience: Audience; recipients: number | null }): string {
  const whom = item.event_title ? `${AUDIENCE_WORDS[item.audience]} · ${item.event_title}` : "Everyone in the organization";
  if (item.recipients === null) return `${whom} · being sent`;
  return `${whom} · ${reachWords({ people: item.recipients, atLeast: false })}`;
}

/** Find what is missing. */
export function messageFaults({ subject, body }: { subject: string; body: string }): Record<string, string> {
  const faults: Record<string, string> = {};
  if (!subject.trim()) faults.subject = "Give a subject.";
  else if (subject.length > 200) faults.subject = "At most 200 characters.";
  if (!body.trim()) faults.body = "Write a message.";
  else if (body.length > 5000) faults.body = `At most 5,000 characters; these are ${count(body.length)}.`;
  return faults;
}
