// How far away a day is, in words.

const DAY_MS = 86_400_000;

/** Write `today`, `tomorrow`, `in 5 days`, `in 3 weeks` or, for what has begun, `now`. */
export function fromNow({ starts_at }: { starts_at: string }, now: Date): string {
  const start = new Date(starts_at);
  if (start <= now) return "now";
  const midnight = (date: Date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
  const days = Math.round((midnight(start) - midnight(now)) / DAY_MS);
  if (days === 0) return "today";
  if (days === 1) return "tomorrow";
  return days < 21 ? `in ${days} days` : `in ${Math.round(days / 7)} weeks`;
}
