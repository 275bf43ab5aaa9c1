// What is said about an address with nothing behind it?

import { ButtonLink } from "./Button";
import { Empty } from "./Notice";
import { Page } from "./Page";

/** The page for an address that leads nowhere, with a way on. */
export function NotFound({ why = "There is nothing at this address." }: { why?: string }) {
  return (
    <Page title="Not found">
      <Empty title={why}>
        <p>Perhaps the link was cut off, or what it led to has been removed.</p>
        <p>
          <ButtonLink to="/">See all events</ButtonLink>
        </p>
      </Empty>
    </Page>
  );
}
