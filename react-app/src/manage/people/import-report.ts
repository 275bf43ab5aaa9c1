// What did, or would, the import of a file with people do?

import type { ImportResult } from "../shapes";

const SIZE_MAX = 1024 * 1024;

export const EXAMPLE = "name,email,phone\nAda Byron,ada@example.org,+44 20 7946 0001\nGrace Murray,grace@example.org,\n";

const people = (count: number) => (count === 1 ? "1 person" : `${count.toLocaleString("en-GB")} people`);

/** Say why a file cannot be sent at all; null when it can. */
export function fileFault(file: { name: string; size: number }): string | null {
  if (file.size === 0) return "This file is empty.";
  if (file.size > SIZE_MAX) return "This file is larger than 1 MiB. Split it into several.";
  if (/\.(xlsx?|ods|numbers)$/i.test(file.name)) return "This is a spreadsheet. Save it as CSV and choose that file.";
  return null;
}

/** Write the sentence above the rejected lines. */
export function reportWords({ created, updated, rejected }: ImportResult, { dryRun }: { dryRun: boolean }): string {
  const will = (count: number, verb: string) =>
    `${people(count)} ${dryRun ? "would be" : count === 1 ? "was" : "were"} ${verb}`;
  const parts = [created > 0 && will(created, "added"), updated > 0 && will(updated, "updated")].filter(Boolean);
  const done = parts.length > 0 ? `${parts.join(", ")}.` : dryRun ? "Nothing would change." : "Nothing was changed.";
  if (rejected.length === 0) return done;
  const lines = rejected.length === 1 ? "1 line is" : `${rejected.length.toLocaleString("en-GB")} lines are`;
  return `${done} ${lines} left out.`;
}

/** Say whether importing after the dry run would do anything. */
export function isWorthwhile({ created, updated }: ImportResult): boolean {
  return created + updated > 0;
}
