// Who belongs to the organization?

import { useInfiniteQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Field, Select } from "../../ui/Field";
import { Empty, Failed, Loading } from "../../ui/Notice";
import { Page } from "../../ui/Page";
import { ShowMore } from "../parts/ShowMore";
import { peopleQuery } from "../queries";
import { useDebounce } from "../use-debounce";
import { useMembership } from "../use-membership";
import { AddDialog } from "./AddDialog";
import { ExportPeople } from "./ExportPeople";
import { ImportPeople } from "./ImportPeople";
import { Invitations } from "./Invitations";
import { PeopleList } from "./PeopleList";

/** Search, the list, the open invitations, and files in and out. */
export default function PeoplePage() {
  const own = useMembership();
  const [text, setText] = useState("");
  const [role, setRole] = useState("");
  const search = useDebounce(text.trim());
  return (
    <Page title="People" tab={`People · ${own.name}`} width="wide" actions={<AddDialog slug={own.slug} />}>
      <div className="filters" role="search">
        <Field label="Search" type="search" required={false} autoComplete="off" placeholder="Name or e-mail" value={text} onChange={({ target }) => setText(target.value)} />
        <Select label="Role" required={false} value={role} onChange={({ target }) => setRole(target.value)}>
          <option value="">Everybody</option>
          <option value="volunteer">Volunteers</option>
          <option value="coordinator">Coordinators</option>
          <option value="owner">Owners</option>
        </Select>
      </div>
      <Found search={search} role={role} />
      <Invitations slug={own.slug} role={own.role} />
      <section aria-labelledby="files">
        <h2 id="files">Import and export</h2>
        <div className="halves">
          <ImportPeople slug={own.slug} />
          <ExportPeople slug={own.slug} />
        </div>
      </section>
    </Page>
  );
}

function Found({ search, role }: { search: string; role: string }) {
  const { slug, ...own } = useMembership();
  const query = useInfiniteQuery({ ...peopleQuery(slug, { search, role }), placeholderData: (before) => before });
  const people = query.data?.pages.flatMap((page) => page.items);
  if (query.error && !people) return <Failed error={query.error} retry={() => query.refetch()} />;
  if (!people) return <Loading what="people" />;
  const isFiltered = search !== "" || role !== "";
  if (people.length === 0) return <Nobody isFiltered={isFiltered} />;
  return (
    <>
      <p className="visually-hidden" role="status">
        {people.length} {query.hasNextPage ? "people and more" : people.length === 1 ? "person" : "people"} found
      </p>
      <PeopleList slug={slug} people={people} role={own.role} memberId={own.memberId} />
      <ShowMore query={query} />
    </>
  );
}

function Nobody({ isFiltered }: { isFiltered: boolean }) {
  if (isFiltered) return <Empty title="Nobody fits this search." />;
  return (
    <Empty title="Nobody is here yet.">
      <p>Add people one by one, invite them by e-mail, or import a list. Whoever signs up for a shift is added by it.</p>
    </Empty>
  );
}
