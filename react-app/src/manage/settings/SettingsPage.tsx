// What does the organization say about itself?

import { useQuery } from "@tanstack/react-query";
import { get, send } from "../../api/client";
import { updateMe } from "../../api/session";
import type { Me, Organization } from "../../api/types";
import { Field, TextArea } from "../../ui/Field";
import { Form, type Values } from "../../ui/Form";
import { Failed, Loading, Notice } from "../../ui/Notice";
import { Page } from "../../ui/Page";
import { CopyLink } from "../parts/CopyLink";
import { home, organizationQuery } from "../queries";
import { useMembership } from "../use-membership";
import { useAction } from "../mutations";

/** Name, description and the public link. Owners change it, coordinators read it. */
export default function SettingsPage() {
  const { slug, name, role } = useMembership();
  const { data, error, refetch } = useQuery(organizationQuery(slug));
  return (
    <Page title="Settings" tab={`Settings · ${name}`}>
      {error && <Failed error={error} retry={() => refetch()} />}
      {!data && !error && <Loading what="the settings" rows={2} />}
      {data && (
        <div className="stack">
          <section className="sheet" aria-labelledby="profile">
            <h2 id="profile">What everybody sees</h2>
            {role === "owner" ? <Profile slug={slug} organization={data} /> : <ReadOnly organization={data} />}
          </section>
          <div className="sheet">
            <CopyLink label="Public page" hint="All upcoming events of the organization, for anybody with the link." path={`/o/${slug}`} title={data.name} />
          </div>
        </div>
      )}
    </Page>
  );
}

function Profile({ slug, organization }: { slug: string; organization: Organization }) {
  const save = useAction<Values, void>({
    slug,
    run: async ({ name, description }) => {
      await send("PATCH", home(slug), { name, description });
      updateMe(await get<Me>("/me")); // the name stands above each page
    },
    toast: () => "The settings are saved.",
  });
  return (
    <Form submit="Save" busy={save.isPending} error={save.error} onSubmit={save.mutate}>
      <Field label="Name" name="name" maxLength={200} autoComplete="organization" defaultValue={organization.name} />
      <TextArea
        label="Description"
        name="description"
        optional
        maxLength={5000}
        hint="Two or three sentences: what you do, and for whom."
        defaultValue={organization.description}
      />
    </Form>
  );
}

function ReadOnly({ organization }: { organization: Organization }) {
  return (
    <>
      <p>
        <strong>{organization.name}</strong>
      </p>
      {organization.description && <p className="event-words">{organization.description}</p>}
      <Notice>Owners of the organization can change this.</Notice>
    </>
  );
}
