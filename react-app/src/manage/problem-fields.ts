// At which field of a form does a complaint of the API belong?

export interface ApiError {
  location: string[];
  message: string;
}

const PREFIXES = /^(Value error, |String |Input )/;

/** Map `["body", "shifts", "1", "title"]` to `shifts.1.title`; what names no field of the form is not in it. */
export function faultsOf(errors: readonly ApiError[] | null | undefined): Record<string, string> {
  const faults: Record<string, string> = {};
  for (const { location, message } of errors ?? []) {
    const path = (location[0] === "body" ? location.slice(1) : location).join(".");
    if (path) faults[path] ??= sentence(message);
  }
  return faults;
}

/** Put the faults of one row, as its own request names them, at the row's place in the form. */
export function atRow(faults: Record<string, string>, index: number): Record<string, string> {
  return Object.fromEntries(Object.entries(faults).map(([field, fault]) => [`shifts.${index}.${field}`, fault]));
}

function sentence(message: string): string {
  const text = message.replace(PREFIXES, "").trim();
  const first = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(first) ? first : `${first}.`;
}
