// Is there more of a list than is shown?

import { Button } from "../../ui/Button";

interface MoreProps {
  query: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };
}

/** The button below a list that goes on. */
export function More({ query }: MoreProps) {
  if (!query.hasNextPage) return null;
  return (
    <div className="actions">
      <Button look="secondary" busy={query.isFetchingNextPage} onClick={() => query.fetchNextPage()}>
        {query.isFetchingNextPage ? "Loading…" : "Show more"}
      </Button>
    </div>
  );
}
