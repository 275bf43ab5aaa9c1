// The list of shifts that still need people.

import { useState } from "react";
import { timeRange } from "../../time";
import { Button } from "../../ui/Button";
import { Link } from "../../ui/Link";
import { DateBlock } from "../parts/DateBlock";
import { Meter } from "../parts/Meter";
import { fromNow } from "../relative-time";
import type { Need, Urgency } from "./understaffed";

const TITLES: Record<Urgency, string> = { urgent: "Urgent", soon: "Within two weeks", later: "Later" };
const SHOWN = 8;

/** The shifts that need people, the most urgent first. */
export function UnderstaffedList({ slug, needs, now }: { slug: string; needs: Need[]; now: Date }) {
  const [isWhole, setWhole] = useState(false);
  const shown = isWhole ? needs : needs.slice(0, SHOWN);
  return (
    <section aria-labelledby="needs">
      <h2 id="needs">Shifts that need people</h2>
      {needs[0]?.urgency === "urgent" && (
        <p className="section-lead">Urgent is what begins within three days, or within two weeks and is less than half full.</p>
      )}
      {needs.length === 0 && <p className="all-set">Every shift ahead has the people it needs.</p>}
      {(["urgent", "soon", "later"] as const).map((urgency) => (
        <Group key={urgency} slug={slug} urgency={urgency} needs={shown.filter((need) => need.urgency === urgency)} now={now} />
      ))}
      {needs.length > shown.length && (
        <div className="actions">
          <Button look="secondary" onClick={() => setWhole(true)}>
            Show all {needs.length} shifts
          </Button>
        </div>
      )}
    </section>
  );
}

function Group({ slug, urgency, needs, now }: { slug: string; urgency: Urgency; needs: Need[]; now: Date }) {
  if (needs.length === 0) return null;
  return (
    <>
      <h3 className={`need-title need-${urgency}`}>{TITLES[urgency]}</h3>
      <ul className="rows">
        {needs.map((need) => (
          <Row key={need.shift.id} slug={slug} need={need} now={now} />
        ))}
      </ul>
    </>
  );
}

function Row({ slug, need: { event, shift, urgency }, now }: { slug: string; need: Need; now: Date }) {
  return (
    <li className="entry">
      <DateBlock at={shift.starts_at} />
      <div className="row-what">
        <h4>
          <Link className="row-link" to={`/manage/${slug}/events/${event.id}#shift-${shift.id}`}>
            {shift.title}
          </Link>
        </h4>
        <p>{event.title}</p>
        <p className="row-meta">
          {timeRange(shift)}
          <span className={urgency === "urgent" ? "tag tag-few" : "tag tag-calm"}>{fromNow(shift, now)}</span>
        </p>
      </div>
      <Meter of={shift} urgent={urgency === "urgent"} />
    </li>
  );
}
