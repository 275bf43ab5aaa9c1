// Errors of the API, in words for people.

interface ProblemBody {
  detail?: unknown;
  errors?: { location?: unknown; message?: unknown }[];
}

/** An answer that is an error. The message can be shown as it is; `fields` belong beside their inputs. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly fields: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.name = "ApiError";
  }
}

/** Say what any error means to the reader. */
export function explain(error: unknown): string {
  return error instanceof ApiError ? error.message : "Something went wrong in this page. Reload it and try again.";
}

/** The API said this status (0: it said nothing). */
export function isStatus(error: unknown, ...statuses: number[]): boolean {
  return error instanceof ApiError && statuses.includes(error.status);
}

/** The error of each field, by the name that the API gives it. */
export function fieldErrors(error: unknown): Readonly<Record<string, string>> {
  return error instanceof ApiError ? error.fields : {};
}

/** Read an answer that is not a success. */
export async function readProblem(response: Response): Promise<ApiError> {
  const body = await problemBody(response);
  const fields = readFields(body);
  const { status } = response;
  return new ApiError(status, sentence(status, body, response.headers.get("Retry-After"), fields), fields);
}

/** The error when there was no answer at all. */
export function unreachable(): ApiError {
  return new ApiError(0, "The service could not be reached. Are you connected to the internet?");
}

async function problemBody(response: Response): Promise<ProblemBody> {
  try {
    const body: unknown = await response.json();
    return typeof body === "object" && body !== null ? body : {};
  } catch {
    return {};
  }
}

function sentence(status: number, body: ProblemBody, retryAfter: string | null, fields: object): string {
  if (status === 429) return `Too many requests from here. Please wait ${waitFor(retryAfter)} and try again.`;
  if (status === 503) return "The service is not available right now. Please try again in a moment.";
  if (status >= 500) return "Something went wrong on our side. Please try again in a moment.";
  if (status === 422 && Object.keys(fields).length > 0) return "Please check what is marked.";
  if (typeof body.detail === "string" && body.detail) return body.detail;
  return DEFAULTS[status] ?? `The service refused this (status ${status}).`;
}

const DEFAULTS: Readonly<Record<number, string>> = {
  401: "Please sign in first.",
  403: "You may not do this here.",
  404: "There is nothing at this address.",
  409: "This has changed in the meantime. Reload the page and try again.",
  413: "That is too large to be sent.",
};

function waitFor(retryAfter: string | null): string {
  const seconds = Number(retryAfter);
  if (!(seconds > 0)) return "a moment";
  if (seconds === 1) return "one second";
  return seconds < 90 ? `${seconds} seconds` : `${Math.ceil(seconds / 60)} minutes`;
}

function readFields(body: ProblemBody): Record<string, string> {
  const fields: Record<string, string> = {};
  if (!Array.isArray(body.errors)) return fields;
  for (const { location, message } of body.errors) {
    if (!Array.isArray(location) || typeof message !== "string") continue;
    const name = location.filter((part) => part !== "body").join(".");
    if (name) fields[name] ??= readable(message);
  }
  return fields;
}

/** Make a validator's phrase a sentence: `Value error, is too short` is `Is too short.` */
function readable(message: string): string {
  const text = message.replace(/^(?:Value|Assertion) error, /, "").replace(/^value is not a valid email address.*/i, "This is not an e-mail address.");
  const start = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(start) ? start : `${start}.`;
}
