// Is the place mine, and what now?

import { useEffect, useRef } from "react";
import type { VolunteerEvent } from "../api/types";
import { calendarFile, download } from "../calendar";
import { longDate, timeRange } from "../time";
import { Button } from "../ui/Button";
import { Share } from "../ui/Share";
import type { Done } from "./SignUp";

interface SignedUpPanelProps {
  event: VolunteerEvent;
  done: Done;
  again: () => void;
}

/** The answer to a sign-up. It takes the focus, so that nobody has to look for it. */
export function SignedUpPanel({ event, done: { shift, answer, email }, again }: SignedUpPanelProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const isConfirmed = answer.state === "confirmed";
  return (
    <div className={isConfirmed ? "sheet done" : "sheet done done-waiting"} role="status">
      <Tick isConfirmed={isConfirmed} />
      <h2 id="sign-up" ref={heading} tabIndex={-1}>
        {isConfirmed ? "You are signed up" : waitingTitle(answer.place)}
      </h2>
      <p>
        <strong>{shift.title}</strong>
        <br />
        {longDate(shift.starts_at)}, {timeRange(shift)}
      </p>
      <p className="quiet">{isConfirmed ? <Mailed email={email} /> : <Waiting email={email} />}</p>
      <div className="actions">
        {isConfirmed && <Button onClick={() => saveToCalendar(event, shift)}>Add to calendar</Button>}
        <Share title={event.title} url={window.location.origin + window.location.pathname} />
      </div>
      {event.shifts.length > 1 && (
        <Button look="quiet" className="done-again" onClick={again}>
          Sign up for another shift
        </Button>
      )}
    </div>
  );
}

function waitingTitle(place: number | null): string {
  return place === null ? "You are on the waiting list" : `You are number ${place} on the waiting list`;
}

function Mailed({ email }: { email: string }) {
  return <>We are sending a confirmation to {email}, with a link to cancel if your plans change.</>;
}

function Waiting({ email }: { email: string }) {
  return <>As soon as a place is free for you, it is yours, and we write to {email}. There is nothing else to do.</>;
}

function saveToCalendar(event: VolunteerEvent, shift: Done["shift"]) {
  const url = `${window.location.origin}/events/${event.id}`;
  const file = calendarFile({
    uid: `shift-${shift.id}@${window.location.hostname}`,
    title: `${event.title}: ${shift.title}`,
    location: event.location,
    notes: `You signed up with ${event.organization}.\n${url}`,
    url,
    starts_at: shift.starts_at,
    ends_at: shift.ends_at,
  });
  download("shift.ics", file, "text/calendar;charset=utf-8");
}

function Tick({ isConfirmed }: { isConfirmed: boolean }) {
  return (
    <svg className="done-mark" viewBox="0 0 40 40" aria-hidden="true">
      <circle cx="20" cy="20" r="20" />
      <path d={isConfirmed ? "M12 21l5.5 5.5L28.5 14.5" : "M20 10v11l6.5 4.5"} />
    </svg>
  );
}
