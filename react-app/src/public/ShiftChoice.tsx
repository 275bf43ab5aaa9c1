// Which shift suits?

import { useContext } from "react";
import type { Shift } from "../api/types";
import { isAhead, isSameDay, shortDate, timeRange } from "../time";
import { FormErrors } from "../ui/Field";
import { Places } from "../ui/Places";

interface ShiftChoiceProps {
  shifts: Shift[];
  chosen: number | null;
  choose: (id: number) => void;
}

/** All shifts as one choice; the full ones can be chosen, too, and say what that means. */
export function ShiftChoice({ shifts, chosen, choose }: ShiftChoiceProps) {
  const error = useContext(FormErrors).shift;
  const first = shifts[0];
  const isOneDay = shifts.every((shift) => first && isSameDay(shift.starts_at, first.starts_at));
  return (
    <fieldset className="shifts" aria-describedby={error ? "shift-error" : undefined}>
      <legend className="visually-hidden">Shift</legend>
      {shifts.map((shift) => (
        <Choice key={shift.id} {...{ shift, isOneDay, choose }} isChosen={shift.id === chosen} />
      ))}
      {error && (
        <p className="field-error" id="shift-error">
          Please choose a shift.
        </p>
      )}
    </fieldset>
  );
}

interface ChoiceProps {
  shift: Shift;
  isOneDay: boolean;
  isChosen: boolean;
  choose: (id: number) => void;
}

function Choice({ shift, isOneDay, isChosen, choose }: ChoiceProps) {
  const isOver = !isAhead(shift);
  return (
    <label className={isOver ? "shift shift-over" : "shift"}>
      <input
        type="radio"
        name="shift"
        value={shift.id}
        required
        disabled={isOver}
        checked={isChosen}
        onChange={() => choose(shift.id)}
      />
      <span className="shift-text">
        <span className="shift-title">{shift.title}</span>
        <span className="shift-time">
          {!isOneDay && <>{shortDate(shift.starts_at)}, </>}
          {timeRange(shift)}
        </span>
      </span>
      {isOver ? <span className="small quiet">Over</span> : <Places of={shift}>{queue(shift)}</Places>}
    </label>
  );
}

function queue({ free, waiting }: Shift): string {
  if (free > 0) return "";
  return waiting > 0 ? `${waiting} waiting` : "waiting list open";
}
