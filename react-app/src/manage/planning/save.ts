// In which order are the changes to an event sent, and where does a refusal belong?

import { send } from "../../api/client";
import { ApiError, fieldErrors } from "../../api/errors";
import { home } from "../queries";
import type { ManagedEvent, Shift } from "../shapes";
import type { Changes } from "./changes";
import type { EventDraft } from "./draft";
import { atRow } from "./row-faults";

interface Saving {
  slug: string;
  event: ManagedEvent;
  draft: EventDraft;
  changes: Changes;
}

/** Send one change after the other; `onAdded` learns the id of each new row. */
export async function saveChanges(
  { slug, event, draft, changes }: Saving,
  onAdded: (key: string, id: number) => void,
): Promise<void> {
  const path = `${home(slug)}/events/${event.id}`;
  for (const facts of changes.before) await send("PATCH", path, facts);
  for (const { index, id, shift } of changes.changed) {
    await forRow(index, () => send("PATCH", `${home(slug)}/shifts/${id}`, shift));
  }
  for (const { index, shift } of changes.added) {
    const made = await forRow(index, () => send<Shift>("POST", `${path}/shifts`, shift, { key: rowKey(event, draft, index) }));
    onAdded(draft.shifts[index]?.key ?? "", made.id);
  }
  for (const id of changes.removed) await send("DELETE", `${home(slug)}/shifts/${id}`);
  for (const facts of changes.after) await send("PATCH", path, facts);
}

const formKey = crypto.randomUUID();

/** The same row sent again with the same content is the same attempt. */
function rowKey(event: ManagedEvent, draft: EventDraft, index: number): string {
  const { key = "", title = "", starts = "", ends = "", capacity = "" } = draft.shifts[index] ?? {};
  const content = [...`${title}|${starts}|${ends}|${capacity}`].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) | 0, 7);
  return `${formKey}-${event.id}-${key}-${content >>> 0}`;
}

async function forRow<Answer>(index: number, run: () => Promise<Answer>): Promise<Answer> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const faults = atRow(fieldErrors(error), index);
    throw new ApiError(error.status, Object.keys(faults).length > 0 ? error.message : `Shift ${index + 1}: ${error.message}`, faults);
  }
}
