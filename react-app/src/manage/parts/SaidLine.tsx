// Where is it said that an action succeeded?

import { useSaid } from "./said";

/** A line at the foot of the window; the region is always there, so that a screen reader hears what comes into it. */
export function SaidLine() {
  const said = useSaid();
  return (
    <div className="said" role="status">
      {said && <p key={said.number}>{said.text}</p>}
    </div>
  );
}
