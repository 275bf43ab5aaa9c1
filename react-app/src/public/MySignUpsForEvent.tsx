// What the person has signed up for at this event.

import { useInfiniteQuery } from "@tanstack/react-query";
import { mySignUpsQuery } from "../api/events";
import type { VolunteerEvent } from "../api/types";
import { useSession } from "../api/use-session";
import { timeRange } from "../time";
import { Link } from "../ui/Link";

/** For somebody who is signed in: the shifts of this event that they have taken. */
export function MySignUpsForEvent({ event }: { event: VolunteerEvent }) {
  const { me } = useSession();
  const { data } = useInfiniteQuery({ ...mySignUpsQuery({ past: false }), enabled: me !== null });
  const active = (data?.pages ?? [])
    .flatMap(({ items }) => items)
    .filter(({ event_id, state }) => event_id === event.id && state !== "cancelled");
  if (!me || active.length === 0) return null;
  return (
    <div className="notice notice-good mine">
      {active.map((signUp) => (
        <p key={signUp.id}>
          <strong>{signUp.shift_title}</strong>, {timeRange(signUp)}:{" "}
          {signUp.state === "confirmed" ? "you are signed up" : `you are number ${signUp.place} on the waiting list`}
        </p>
      ))}
      <p>
        <Link to="/me">See or cancel my sign-ups</Link>
      </p>
    </div>
  );
}
