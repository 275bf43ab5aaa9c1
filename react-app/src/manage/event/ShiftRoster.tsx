// Who comes to this shift, who waits, and who came?

import { useState } from "react";
import { shortDate, timeRange } from "../../time";
import { Button } from "../../ui/Button";
import { Meter } from "../parts/Meter";
import type { ManagedEvent, RosterEntry } from "../shapes";
import { AddPerson } from "./AddPerson";
import { Attendance } from "./Attendance";
import { Capacity } from "./Capacity";
import { PersonRow } from "./PersonRow";
import type { ShiftRoster as Roster } from "./roster";

const EARLY_MS = 3_600_000;

interface ShiftRosterProps {
  slug: string;
  event: ManagedEvent;
  roster: Roster;
}

/** The head says how full it is; below are its people. From an hour before the start, attendance can be marked. */
export function ShiftRoster({ slug, event, roster: { shift, confirmed, waiting } }: ShiftRosterProps) {
  const isOpen = event.state === "published" && Date.parse(shift.ends_at) > Date.now();
  const [isMarking, setMarking] = useState(false);
  const mayMark = event.state !== "draft" && confirmed.length > 0 && Date.parse(shift.starts_at) - EARLY_MS <= Date.now();
  return (
    <section className="sheet shift-sheet" id={`shift-${shift.id}`} aria-labelledby={`shift-${shift.id}-title`}>
      <div className="shift-head">
        <div>
          <h3 id={`shift-${shift.id}-title`} tabIndex={-1}>
            {shift.title}
          </h3>
          <p className="row-meta">
            {shortDate(shift.starts_at)}, {timeRange(shift)}
          </p>
        </div>
        <Meter of={shift} closed={!isOpen && event.state !== "draft"} />
      </div>
      {mayMark && isMarking ? (
        <Attendance slug={slug} eventId={event.id} entries={confirmed} />
      ) : (
        <People slug={slug} title={shift.title} entries={confirmed} canCancel={isOpen} />
      )}
      {waiting.length > 0 && !isMarking && <Waiting slug={slug} entries={waiting} canCancel={isOpen} />}
      <div className="shift-actions">
        {isOpen && <AddPerson slug={slug} shift={shift} entries={[...confirmed, ...waiting]} />}
        {(isOpen || event.state === "draft") && <Capacity slug={slug} shift={shift} />}
        {mayMark && (
          <Button look={isMarking ? "primary" : "secondary"} onClick={() => setMarking(!isMarking)}>
            {isMarking ? "Done" : "Mark attendance"}
          </Button>
        )}
      </div>
    </section>
  );
}

function People({ slug, title, entries, canCancel }: { slug: string; title: string; entries: RosterEntry[]; canCancel: boolean }) {
  if (entries.length === 0) return <p className="nobody">Nobody yet.</p>;
  return (
    <ul className="people-rows" aria-label={`Signed up for ${title}`}>
      {entries.map((entry) => (
        <PersonRow key={entry.id} slug={slug} entry={entry} canCancel={canCancel} />
      ))}
    </ul>
  );
}

function Waiting({ slug, entries, canCancel }: { slug: string; entries: RosterEntry[]; canCancel: boolean }) {
  return (
    <>
      <h4 className="waiting-title">Waiting list</h4>
      <ol className="people-rows">
        {entries.map((entry, place) => (
          <PersonRow key={entry.id} slug={slug} entry={entry} canCancel={canCancel} place={place + 1} />
        ))}
      </ol>
    </>
  );
}
