// Which organization wants to plan events here?

import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { createOrganization, readMe } from "../api/account";
import { updateMe } from "../api/session";
import type { OrganizationIn } from "../api/types";
import { useAttemptKey } from "../api/use-attempt-key";
import { go } from "../navigation";
import { Field, TextArea } from "../ui/Field";
import { Form } from "../ui/Form";
import { AccountLayout } from "./AccountLayout";
import { slugOf } from "./slug";

/** Name it, and be its first owner. */
export default function NewOrganizationPage() {
  const [name, setName] = useState("");
  const [ownSlug, setOwnSlug] = useState<string | null>(null);
  const creating = useCreating();
  const slug = ownSlug ?? slugOf(name);
  return (
    <AccountLayout title="Add your organization" lead="You become its owner, and can invite others to plan with you.">
      <Form
        submit="Add the organization"
        wide
        busy={creating.isPending}
        error={creating.error}
        onSubmit={({ description = "" }) => creating.mutate({ name: name.trim(), slug, description })}
      >
        <Field label="Name" name="name" autoComplete="organization" maxLength={200} value={name} onChange={(event) => setName(event.target.value)} />
        <Field
          label="Address of its page"
          name="slug"
          hint={`${window.location.host}/o/${slug || "…"}`}
          pattern="[a-z0-9\-]+"
          minLength={3}
          maxLength={80}
          title="Small letters, digits and hyphens only."
          autoCapitalize="none"
          spellCheck={false}
          value={slug}
          onChange={(event) => setOwnSlug(event.target.value)}
        />
        <TextArea label="What it does" name="description" optional maxLength={5000} rows={4} />
      </Form>
    </AccountLayout>
  );
}

function useCreating() {
  const keyFor = useAttemptKey();
  return useMutation({
    mutationFn: (organization: OrganizationIn) => createOrganization(organization, keyFor(organization)),
    onSuccess: async ({ slug }) => {
      updateMe(await readMe());
      go(`/manage/${slug}`);
    },
  });
}
