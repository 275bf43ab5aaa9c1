// The layout of the small pages around an account.

import type { ReactNode } from "react";
import { Page } from "../ui/Page";

interface AccountLayoutProps {
  title: string;
  lead?: ReactNode;
  /** Under the sheet: the other ways. */
  otherwise?: ReactNode;
  children: ReactNode;
}

/** One sheet in the middle, one thing to do. */
export function AccountLayout({ title, lead, otherwise, children }: AccountLayoutProps) {
  return (
    <Page title={title} lead={lead} width="narrow">
      <div className="sheet">{children}</div>
      {otherwise && <div className="otherwise">{otherwise}</div>}
    </Page>
  );
}
