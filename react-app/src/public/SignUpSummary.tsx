// What did somebody sign up for, and does it stand?

import type { MySignUp } from "../api/types";
import { longDate, timeRange } from "../time";
import { Link } from "../ui/Link";

/** One sign-up, in full. */
export function SignUpSummary({ signUp, headingLevel: Heading = "h2" }: { signUp: MySignUp; headingLevel?: "h2" | "h3" }) {
  return (
    <div className="summary">
      <p role="status">
        <Standing signUp={signUp} />
      </p>
      <Heading>
        <Link to={`/events/${signUp.event_id}`}>{signUp.event_title}</Link>
      </Heading>
      <p>
        <strong>{signUp.shift_title}</strong>
        <br />
        {longDate(signUp.starts_at)}, {timeRange(signUp)}
      </p>
      <p className="quiet">
        {signUp.location && <>{signUp.location} · </>}
        <Link to={`/o/${signUp.organization_slug}`}>{signUp.organization}</Link>
      </p>
    </div>
  );
}

/** How it stands, as a tag. */
export function Standing({ signUp: { state, place, event_state } }: { signUp: MySignUp }) {
  if (event_state === "cancelled") return <span className="tag tag-bad">The event is cancelled</span>;
  if (state === "cancelled") return <span className="tag tag-calm">Cancelled</span>;
  if (state === "confirmed") return <span className="tag">Confirmed</span>;
  return <span className="tag tag-few">{place ? `Number ${place} on the waiting list` : "On the waiting list"}</span>;
}
