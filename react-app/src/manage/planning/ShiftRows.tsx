// Into which shifts is an event divided?

import { useEffect, useRef, useState } from "react";
import { Button } from "../../ui/Button";
import { showToast } from "../parts/toast";
import { addShift, duplicateShift, type EventDraft, removeShift } from "./draft";
import type { Faults } from "./rules";
import { ShiftRow } from "./ShiftRow";

interface ShiftRowsProps {
  draft: EventDraft;
  faults: Faults;
  onChange: (draft: EventDraft) => void;
}

/** The rows, and a button for one more; the focus goes where the work goes on. */
export function ShiftRows({ draft, faults, onChange }: ShiftRowsProps) {
  const list = useRef<HTMLOListElement>(null);
  const add = useRef<HTMLDivElement>(null);
  const [focusAt, setFocusAt] = useState<number | null>(null);

  useEffect(() => {
    if (focusAt === null) return;
    const row = list.current?.children[focusAt] ?? add.current;
    row?.querySelector<HTMLElement>("input, button")?.focus();
    setFocusAt(null);
  }, [focusAt]);

  function change(next: EventDraft, words: string, focus: number) {
    onChange(next);
    setFocusAt(focus);
    showToast(words);
  }

  return (
    <section className="shift-form" aria-labelledby="shifts-title">
      <h2 id="shifts-title">Shifts</h2>
      <p className="section-lead">What people sign up for: one shift, or several with their own times and tasks.</p>
      <ol className="shift-rows" ref={list}>
        {draft.shifts.map((row, index) => (
          <ShiftRow
            key={row.key}
            {...{ row, index, draft, onChange }}
            onDuplicate={() => change(duplicateShift(draft, row.key), "Copied below.", index + 1)}
            onRemove={() => change(removeShift(draft, row.key), "Shift removed.", Math.min(index, draft.shifts.length - 2))}
          />
        ))}
      </ol>
      {faults.shifts && <p className="field-error">{faults.shifts}</p>}
      <div ref={add}>
        <Button look="secondary" onClick={() => change(addShift(draft), "Shift added.", draft.shifts.length)}>
          Add a shift
        </Button>
      </div>
    </section>
  );
}
