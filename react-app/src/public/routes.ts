// Which addresses can be opened without the router of the member pages?

export type PublicRoute =
  | { page: "home" }
  | { page: "event"; id: number }
  | { page: "organization"; slug: string }
  | { page: "my-sign-up" };

/** Read a path; null when the member pages, or nobody, know it. */
export function matchPublic(path: string): PublicRoute | null {
  const [first, second, ...more] = path.split("/").filter(Boolean);
  if (more.length > 0) return null;
  if (first === undefined) return { page: "home" };
  if (second === undefined) return first === "events" ? { page: "home" } : first === "my-sign-up" ? { page: "my-sign-up" } : null;
  if (first === "events" && /^\d{1,15}$/.test(second)) return { page: "event", id: Number(second) };
  if (first === "o" && /^[a-z0-9-]{3,80}$/.test(second)) return { page: "organization", slug: second };
  return null;
}
