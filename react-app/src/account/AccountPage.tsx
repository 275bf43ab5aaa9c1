// What do the small pages around an account look like?

import type { ReactNode } from "react";
import { Page } from "../ui/Page";

interface AccountPageProps {
  title: string;
  lead?: ReactNode;
  /** Under the sheet: the other ways. */
  otherwise?: ReactNode;
  children: ReactNode;
}

/** One sheet in the middle, one thing to do. */
export function AccountPage({ title, lead, otherwise, children }: AccountPageProps) {
  return (
    <Page title={title} lead={lead} width="narrow">
      <div className="sheet">{children}</div>
      {otherwise && <div className="otherwise">{otherwise}</div>}
    </Page>
  );
}
