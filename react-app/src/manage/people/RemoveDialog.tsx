// What happens when a person is removed?

import { send } from "../../api/client";
import { Confirm } from "../../ui/Confirm";
import { home } from "../queries";
import type { Person } from "../shapes";
import { useAction } from "../mutations";

/** Ask first, and say what becomes of the person's sign-ups. */
export function RemoveDialog({ slug, person, onClose }: { slug: string; person: Person; onClose: () => void }) {
  const remove = useAction({
    slug,
    run: () => send("DELETE", `${home(slug)}/people/${person.id}`),
    toast: () => `${person.name} is removed.`,
    then: onClose,
  });
  return (
    <Confirm
      title={`Remove ${person.name}?`}
      action="Remove"
      keep="Do not remove"
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
      onClose={onClose}
    >
      <p>
        {consequence(person)} {person.has_account && "The person's own account stays."}
      </p>
    </Confirm>
  );
}

function consequence({ upcoming }: Person): string {
  if (upcoming === 0) return "The person is on no shift ahead, so no place becomes free.";
  return `${upcoming === 1 ? "1 sign-up" : `${upcoming} sign-ups`} for shifts ahead will be cancelled; the person is told by e-mail, and the places go to those who wait.`;
}
