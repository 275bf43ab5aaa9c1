// Who came? Marked as fast as names are called.

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type KeyboardEvent, useRef } from "react";
import { send } from "../../api/client";
import { explain } from "../../api/errors";
import { Notice } from "../../ui/Notice";
import { home, rosterQuery, type Whole } from "../queries";
import type { RosterEntry } from "../shapes";
import { attendanceKey, mark, tally, tallyWords } from "./roster";

interface Mark {
  id: number;
  attended: boolean | null;
}

const CHOICES = [
  [true, "Came"],
  [false, "Absent"],
  [null, "Unknown"],
] as const;

/** One row of choices for each person. P, A and U mark and go on to the next; the arrows go up and down. */
export function Attendance({ slug, eventId, entries }: { slug: string; eventId: number; entries: RosterEntry[] }) {
  const list = useRef<HTMLUListElement>(null);
  const save = useMark(slug, eventId);

  function focusRow(index: number) {
    const row = list.current?.children[index];
    row?.querySelector<HTMLInputElement>("input:checked")?.focus();
  }

  function onKey(event: KeyboardEvent, index: number, entry: RosterEntry) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const attended = attendanceKey(event.key);
    if (step === 0 && attended === undefined) return;
    event.preventDefault();
    if (attended !== undefined) save.mutate({ id: entry.id, attended });
    focusRow(Math.min(Math.max(index + (step || 1), 0), entries.length - 1));
  }

  return (
    <div className="attendance">
      <p className="attendance-tally" role="status">
        {tallyWords(tally(entries))}
      </p>
      <p className="hint attendance-keys">
        <kbd>P</kbd> came, <kbd>A</kbd> absent, <kbd>U</kbd> unknown: marks and goes on. <kbd>↑</kbd> <kbd>↓</kbd> move.
      </p>
      {save.error && <Notice tone="bad">{explain(save.error)} The mark was taken back.</Notice>}
      <ul className="people-rows" ref={list}>
        {entries.map((entry, index) => (
          <li key={entry.id} className="person-row" onKeyDown={(event) => onKey(event, index, entry)}>
            <Choices entry={entry} onMark={(attended) => save.mutate({ id: entry.id, attended })} />
          </li>
        ))}
      </ul>
    </div>
  );
}

function Choices({ entry, onMark }: { entry: RosterEntry; onMark: (attended: boolean | null) => void }) {
  return (
    <fieldset className="choices">
      <legend className="person-name">{entry.name}</legend>
      <div className="choice-line">
        {CHOICES.map(([value, label]) => (
          <label key={label} className={`choice choice-${value === null ? "unknown" : value ? "yes" : "no"}`}>
            <input
              type="radio"
              name={`attended-${entry.id}`}
              checked={entry.attended === value}
              onChange={() => onMark(value)}
            />
            <span>{label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** Show the mark at once, and take it back when the API refuses; the same mark sent twice does no harm. */
function useMark(slug: string, eventId: number) {
  const client = useQueryClient();
  const { queryKey } = rosterQuery(slug, eventId);
  const show = ({ id, attended }: Mark) =>
    client.setQueryData<Whole<RosterEntry>>(queryKey, (known) => known && { ...known, items: mark(known.items, id, attended) });
  return useMutation({
    mutationFn: ({ id, attended }: Mark) => send("PUT", `${home(slug)}/sign-ups/${id}/attendance`, { attended }),
    onMutate: async (wanted) => {
      await client.cancelQueries({ queryKey });
      const before = client.getQueryData<Whole<RosterEntry>>(queryKey)?.items.find(({ id }) => id === wanted.id);
      show(wanted);
      return { before: before?.attended ?? null };
    },
    onError: (_, wanted, context) => show({ id: wanted.id, attended: context?.before ?? null }),
  });
}
