// What is asked about one shift?

import { Button } from "../../ui/Button";
import { Field } from "../../ui/Field";
import { changeShift, type EventDraft, type ShiftDraft } from "./draft";

interface ShiftRowProps {
  row: ShiftDraft;
  index: number;
  draft: EventDraft;
  onChange: (draft: EventDraft) => void;
  onDuplicate: () => void;
  onRemove: () => void;
}

/** Its name, its times, how many people it needs. */
export function ShiftRow({ row, index, draft, onChange, onDuplicate, onRemove }: ShiftRowProps) {
  const set = (name: "title" | "starts" | "ends" | "capacity") => ({
    value: row[name],
    onChange: ({ target }: { target: { value: string } }) => onChange(changeShift(draft, row.key, { [name]: target.value })),
  });
  const name = row.title.trim() || `shift ${index + 1}`;
  const at = `shifts.${index}`;
  return (
    <li>
      <fieldset className="sheet shift-row">
        <legend className="visually-hidden">Shift {index + 1}</legend>
        <div className="shift-row-main">
          <Field label="Task" name={`${at}.title`} maxLength={200} autoComplete="off" placeholder="For example: welcome desk" {...set("title")} />
          <Field label="People needed" name={`${at}.capacity`} inputMode="numeric" maxLength={6} autoComplete="off" {...set("capacity")} />
        </div>
        <div className="pair">
          <Field label="From" name={`${at}.starts_at`} type="datetime-local" {...set("starts")} />
          <Field label="To" name={`${at}.ends_at`} type="datetime-local" {...set("ends")} />
        </div>
        {Number(row.capacity) < row.taken && (
          <p className="hint">{row.taken} people have a place already. They keep it; nobody is added until there is room again.</p>
        )}
        <div className="shift-row-actions">
          <Button look="quiet" onClick={onDuplicate} aria-label={`Duplicate ${name}`}>
            Duplicate
          </Button>
          <Button
            look="quiet"
            onClick={onRemove}
            disabled={row.taken > 0}
            title={row.taken > 0 ? "People are signed up; cancel their sign-ups first." : undefined}
            aria-label={`Remove ${name}`}
          >
            Remove
          </Button>
        </div>
      </fieldset>
    </li>
  );
}
