// What does every page begin with?

import { type ReactNode, useEffect, useRef } from "react";
import { usePath } from "../navigation";
import { Link } from "./Link";

const SITE = "Volunteer events";

interface PageProps {
  title: string;
  /** What stands in the tab and the history, if not the title. */
  tab?: string;
  above?: ReactNode;
  lead?: ReactNode;
  back?: { to: string; label: string };
  /** At the end of the line of `back`. */
  aside?: ReactNode;
  actions?: ReactNode;
  /** Under the lead, with the heading's group. */
  below?: ReactNode;
  /** `split` puts the heading's group beside the content where there is room. */
  width?: "narrow" | "wide" | "split";
  children: ReactNode;
}

/** A page: its heading gets the focus when somebody came here from another page, as a reload would do it. */
export function Page({ title, tab = title, above, lead, back, aside, actions, below, width, children }: PageProps) {
  const heading = useHeading(tab);
  return (
    <div className={width ? `page page-${width}` : "page"}>
      {back && (
        <nav className="page-back" aria-label="Back">
          <Link to={back.to} className="back">
            <span aria-hidden="true">←</span> {back.label}
          </Link>
          {aside}
        </nav>
      )}
      <div className="page-head">
        <div>
          {above}
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {lead && <div className="lead">{lead}</div>}
          {below}
        </div>
        {actions && <div className="page-actions">{actions}</div>}
      </div>
      <div className="page-body">{children}</div>
    </div>
  );
}

let lastPath: string | null = null;
let isFocusOurs = false;

/** Name the tab, and focus the heading once for each change of path; again when what loaded took its place. */
function useHeading(tab: string) {
  const heading = useRef<HTMLHeadingElement>(null);
  const path = usePath();
  useEffect(() => {
    document.title = tab === SITE ? SITE : `${tab} · ${SITE}`;
  }, [tab]);
  useEffect(() => {
    const isLost = isFocusOurs && document.activeElement === document.body;
    if (lastPath !== null && (path !== lastPath || isLost)) {
      heading.current?.focus({ preventScroll: true });
      isFocusOurs = true;
    }
    lastPath = path;
  }, [path]);
  return heading;
}
