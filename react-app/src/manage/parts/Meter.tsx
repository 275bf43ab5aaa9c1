// How many of a shift's places are taken, at a glance?

import { needWords, takenWords } from "../overview/understaffed";

interface MeterProps {
  of: { capacity: number; taken: number; free: number; waiting: number };
  urgent?: boolean;
  /** Nobody can sign up any more: it is said how many did. */
  closed?: boolean;
}

const PIPS_MAX = 12;

/** One mark for each place while they can be counted, a bar for more; the sentence is for everybody. */
export function Meter({ of: count, urgent = false, closed = false }: MeterProps) {
  const mood = count.free <= 0 || closed ? "full" : urgent ? "urgent" : "open";
  return (
    <div className={`meter meter-${mood}`}>
      <p className="meter-text">
        <strong>{closed ? takenWords(count) : needWords(count)}</strong>
        {!closed && count.free > 0 && count.waiting > 0 && <span>{count.waiting} waiting</span>}
      </p>
      {count.capacity <= PIPS_MAX ? <Pips {...count} /> : <Bar {...count} />}
    </div>
  );
}

function Pips({ capacity, taken }: { capacity: number; taken: number }) {
  const places = Array.from({ length: capacity }, (_, place) => place);
  return (
    <svg className="pips" viewBox={`0 0 ${PIPS_MAX * 14} 10`} aria-hidden="true">
      {places.map((place) => (
        <rect key={place} className={place < taken ? "pip-taken" : "pip-free"} x={place * 14 + 1} y="1" width="10" height="8" rx="2.5" />
      ))}
    </svg>
  );
}

function Bar({ capacity, taken }: { capacity: number; taken: number }) {
  const share = capacity > 0 ? Math.min(1, taken / capacity) : 1;
  return (
    <svg className="meter-bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
      <rect className="meter-track" width="100" height="8" />
      <rect className="pip-taken" width={100 * share} height="8" />
    </svg>
  );
}
