// The page for a mailed link that is spent.

import { ButtonLink } from "../ui/Button";
import { Empty } from "../ui/Notice";
import { Page } from "../ui/Page";

/** Say so, and how to get another one, if there is a way. */
export function ExpiredLink({ again }: { again?: string }) {
  return (
    <Page title="This link does not work" width="narrow">
      <Empty title="It has been used, or its time is over">
        <p>Each link works once and for a limited time. Perhaps a newer mail has a newer one.</p>
        <p>{again ? <ButtonLink to={again}>Send me a new link</ButtonLink> : <ButtonLink to="/">See all events</ButtonLink>}</p>
      </Empty>
    </Page>
  );
}
