// What do all pages of an organization's coordinators share?

import { Outlet, useParams } from "@tanstack/react-router";
import type { Membership } from "../api/types";
import { useSession } from "../api/use-session";
import { go } from "../navigation";
import { ButtonLink } from "../ui/Button";
import { Link } from "../ui/Link";
import { Empty } from "../ui/Notice";
import { Page } from "../ui/Page";
import { ToastRegion } from "./parts/ToastRegion";
import { mayManage } from "./people/people-rules";
import "./manage.css";
import "./manage-event.css";

const TABS = [
  ["", "Overview"],
  ["/people", "People"],
  ["/announcements", "Messages"],
  ["/settings", "Settings"],
] as const;

/** The way around above each page; people who do not manage this organization are told so. */
export default function ManageLayout() {
  const { slug = "" } = useParams({ strict: false });
  const managed = useManaged();
  const own = managed.find((membership) => membership.slug === slug);
  if (!own) return <NotYours managed={managed} />;
  return (
    <div className="manage">
      <div className="manage-head">
        <Which own={own} managed={managed} />
        <nav className="tabs" aria-label={own.name}>
          {TABS.map(([path, label]) => (
            <Link key={path} to={`/manage/${slug}${path}`}>
              {label}
            </Link>
          ))}
        </nav>
      </div>
      <Outlet />
      <ToastRegion />
    </div>
  );
}

function useManaged(): Membership[] {
  const { me } = useSession();
  return (me?.organizations ?? []).filter(({ role }) => mayManage(role));
}

/** The organization's name, or a choice when the person manages several. */
function Which({ own, managed }: { own: Membership; managed: Membership[] }) {
  if (managed.length === 1) return <p className="manage-name">{own.name}</p>;
  return (
    <label className="manage-choice">
      <span className="visually-hidden">Organization</span>
      <select value={own.slug} onChange={(change) => go(`/manage/${change.target.value}`)}>
        {managed.map(({ slug, name }) => (
          <option key={slug} value={slug}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function NotYours({ managed }: { managed: Membership[] }) {
  return (
    <Page title="Not yours to manage">
      <Empty title="You do not manage this organization.">
        <p>Its owners can make you a coordinator.</p>
        <div className="actions">
          {managed.map(({ slug, name }) => (
            <ButtonLink key={slug} to={`/manage/${slug}`}>
              Manage {name}
            </ButtonLink>
          ))}
          <ButtonLink look={managed.length > 0 ? "secondary" : "primary"} to="/new-organization">
            Found an organization
          </ButtonLink>
        </div>
      </Empty>
    </Page>
  );
}
