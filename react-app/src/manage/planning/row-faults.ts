// At which row of the form does a complaint about one shift belong?

/** Put the faults of one row, as its own request names them, at the row's place in the form. */
export function atRow(faults: Readonly<Record<string, string>>, index: number): Record<string, string> {
  return Object.fromEntries(Object.entries(faults).map(([field, fault]) => [`shifts.${index}.${field}`, fault]));
}
