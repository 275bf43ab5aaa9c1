// How full is it?

import type { ReactNode } from "react";
import type { PlacesCount } from "../api/types";

/** Say how many places are free, in words. */
export function placesLeft({ free, capacity }: Omit<PlacesCount, "taken">): string {
  return free <= 0 ? "Full" : `${free} of ${capacity} places free`;
}

/** Tell the three moods apart: full, the last few places, plenty of room. */
export function urgency({ free, capacity }: PlacesCount): "full" | "few" | "open" {
  if (free <= 0) return "full";
  return free <= Math.max(1, capacity * 0.2) ? "few" : "open";
}

/** A bar for the eye and a sentence for everybody. `children` stand at its end: who waits, for example. */
export function Places({ of: count, children }: { of: PlacesCount; children?: ReactNode }) {
  const share = count.capacity > 0 ? Math.min(1, count.taken / count.capacity) : 1;
  return (
    <div className={`places ${urgency(count)}`}>
      <p className="places-text">
        <strong>{placesLeft(count)}</strong>
        <span>{children ?? (count.free <= 0 && `${count.capacity} places`)}</span>
      </p>
      <svg className="places-bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
        <rect className="places-track" width="100" height="6" />
        <rect className="places-fill" width={100 * share} height="6" />
      </svg>
    </div>
  );
}
