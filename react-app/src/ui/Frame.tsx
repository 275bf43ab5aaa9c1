// What surrounds every page?

import type { ReactNode } from "react";
import { useSession } from "../api/use-session";
import { Link } from "./Link";

/** The header with the way around, the page, the footer. */
export function Frame({ children }: { children: ReactNode }) {
  return (
    <>
      <a href="#main" className="skip">
        Skip to content
      </a>
      <header className="top">
        <Link to="/" className="brand" aria-label="Volunteer events, home">
          <Mark />
          <span>Volunteer events</span>
        </Link>
        <Navigation />
      </header>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
      <footer className="bottom">
        <div>
          <p>Times are shown in your own time zone.</p>
          <Link to="/new-organization">Plan events for your organization</Link>
        </div>
      </footer>
    </>
  );
}

/** Where the person may go; nothing while it is not known who it is, so that nothing jumps. */
function Navigation() {
  const session = useSession();
  if (session.kind === "unknown") return null;
  if (session.kind === "anonymous") {
    return (
      <nav className="navigation" aria-label="Main">
        <Link to="/sign-in">Sign in</Link>
      </nav>
    );
  }
  const managed = session.me.organizations.filter(({ role }) => role !== "volunteer");
  return (
    <nav className="navigation" aria-label="Main">
      {managed.slice(0, 1).map(({ slug }) => (
        <Link key={slug} to={`/manage/${slug}`}>
          Manage
        </Link>
      ))}
      <Link to="/me">My sign-ups</Link>
    </nav>
  );
}

function Mark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <path d="M8.5 16.8l5 5 10-11" />
    </svg>
  );
}
