// Who is this organization, and where does it need help?

import { useQuery } from "@tanstack/react-query";
import { organizationQuery } from "../api/events";
import { isStatus } from "../api/errors";
import { useSession } from "../api/use-session";
import { ButtonLink } from "../ui/Button";
import { NotFound } from "../ui/NotFound";
import { Empty, Failed, Loading } from "../ui/Notice";
import { Page } from "../ui/Page";
import { Share } from "../ui/Share";
import { Description } from "./Description";
import { PagedEvents } from "./PagedEvents";

/** The public page of an organization. */
export default function OrganizationPage({ slug }: { slug: string }) {
  const { data: organization, error, refetch } = useQuery(organizationQuery(slug));
  if (isStatus(error, 404, 422)) return <NotFound why="There is no organization at this address." />;
  if (!organization) {
    return (
      <Page title="Organization" width="split">{error ? <Failed error={error} retry={refetch} /> : <Loading what="events" />}</Page>
    );
  }
  return (
    <Page
      title={organization.name}
      width="split"
      back={{ to: "/", label: "All events" }}
      lead={<Description text={organization.description} />}
      actions={<Actions slug={slug} name={organization.name} />}
    >
      <PagedEvents slug={slug} none={<NoneYet />} />
    </Page>
  );
}

function Actions({ slug, name }: { slug: string; name: string }) {
  const { me } = useSession();
  const isCoordinator = me?.organizations.some((mine) => mine.slug === slug && mine.role !== "volunteer");
  return (
    <>
      {isCoordinator && <ButtonLink to={`/manage/${slug}`}>Manage</ButtonLink>}
      <Share title={name} url={window.location.origin + window.location.pathname} />
    </>
  );
}

function NoneYet() {
  return (
    <Empty title="No events right now">
      <p>Come back later: new ones appear here as soon as they are published.</p>
    </Empty>
  );
}
