// What have I signed up for, and how is my account?

import { useSession } from "../api/use-session";
import { ButtonLink } from "../ui/Button";
import { Link } from "../ui/Link";
import { Page } from "../ui/Page";
import type { Membership } from "../api/types";
import { MySignUps } from "./MySignUps";
import { PasswordForm } from "./PasswordForm";
import { ProfileForm } from "./ProfileForm";
import { SignOut } from "./SignOut";

/** My sign-ups, my organizations, my account. */
export default function MePage() {
  const { me } = useSession();
  if (!me) return null;
  return (
    <Page title="My sign-ups">
      <MySignUps />
      <section aria-labelledby="organizations">
        <h2 id="organizations">My organizations</h2>
        <Organizations memberships={me.organizations} />
      </section>
      <section aria-labelledby="account">
        <h2 id="account">My account</h2>
        <div className="sheet account">
          <ProfileForm me={me} />
          <PasswordForm email={me.email} />
          <SignOut />
        </div>
      </section>
    </Page>
  );
}

function Organizations({ memberships }: { memberships: Membership[] }) {
  return (
    <>
      {memberships.length > 0 && (
        <ul className="list memberships">
          {memberships.map(({ slug, name, role }) => (
            <li key={slug} className="row">
              <span>
                <Link to={`/o/${slug}`}>{name}</Link>
                <span className="quiet small"> {role}</span>
              </span>
              {role !== "volunteer" && (
                <ButtonLink look="secondary" to={`/manage/${slug}`}>
                  Manage <span className="visually-hidden">{name}</span>
                </ButtonLink>
              )}
            </li>
          ))}
        </ul>
      )}
      <p className="quiet">
        Do you plan events yourself? <Link to="/new-organization">Add your organization</Link>
      </p>
    </>
  );
}
