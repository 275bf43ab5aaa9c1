// What does every page begin with?

import { type ReactNode, useEffect, useRef } from "react";
import { Link } from "./Link";

const SITE = "Volunteer events";

interface PageProps {
  title: string;
  /** What stands in the tab and the history, if not the title. */
  tab?: string;
  above?: ReactNode;
  lead?: ReactNode;
  back?: { to: string; label: string };
  actions?: ReactNode;
  width?: "narrow" | "wide";
  children: ReactNode;
}

/** A page: its heading gets the focus when somebody came here from another page, as a reload would do it. */
export function Page({ title, tab = title, above, lead, back, actions, width, children }: PageProps) {
  const heading = useHeading(tab);
  return (
    <div className={width ? `page page-${width}` : "page"}>
      {back && (
        <nav aria-label="Back">
          <Link to={back.to} className="back">
            <span aria-hidden="true">←</span> {back.label}
          </Link>
        </nav>
      )}
      <div className="page-head">
        <div>
          {above}
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {lead && <div className="lead">{lead}</div>}
        </div>
        {actions && <div className="page-actions">{actions}</div>}
      </div>
      {children}
    </div>
  );
}

let pathOfLastHeading: string | null = null;

/** Name the tab, and focus the heading once for each change of path. */
function useHeading(tab: string) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = tab === SITE ? SITE : `${tab} · ${SITE}`;
  }, [tab]);
  useEffect(() => {
    const path = window.location.pathname;
    const isFirst = pathOfLastHeading === null;
    if (!isFirst && path !== pathOfLastHeading) heading.current?.focus({ preventScroll: true });
    pathOfLastHeading = path;
  });
  return heading;
}
