// How full is an event?

import type { VolunteerEvent } from "./events";
import { placesLeft } from "./format";

/** A bar for the eye and a sentence for everybody. */
export function Places({ event }: { event: VolunteerEvent }) {
  const share = event.places > 0 ? Math.min(1, event.signedUp / event.places) : 1;
  return (
    <div className={`places ${urgency(event)}`}>
      <p className="places-text">
        <strong>{placesLeft(event.free)}</strong>
        <span>
          {event.signedUp} of {event.places} taken
        </span>
      </p>
      <svg className="places-bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
        <rect className="places-track" width="100" height="6" />
        <rect className="places-fill" width={100 * share} height="6" />
      </svg>
    </div>
  );
}

function urgency({ free, places }: VolunteerEvent): "full" | "few" | "open" {
  if (free <= 0) return "full";
  return free <= Math.max(1, places * 0.2) ? "few" : "open";
}
