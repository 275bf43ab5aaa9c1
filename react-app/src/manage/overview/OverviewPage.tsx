// Which shifts still need people?

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Button, ButtonLink } from "../../ui/Button";
import { Empty, Failed, Loading } from "../../ui/Notice";
import { Page } from "../../ui/Page";
import { overviewQuery } from "../queries";
import type { OverviewEvent } from "../shapes";
import { useMembership } from "../use-membership";
import { EventRows } from "./EventRows";
import { UnderstaffedList } from "./UnderstaffedList";
import { findNeeds, leadWords, partByState, summarize } from "./understaffed";
import { PastEvents } from "./PastEvents";

/** The organization's events at a glance. */
export default function OverviewPage() {
  const { slug, name } = useMembership();
  const { data, error, refetch } = useQuery(overviewQuery(slug));
  const now = new Date();
  const needs = data ? findNeeds(data.items, now) : [];
  const lead = data && data.items.length > 0 ? leadWords(summarize(needs, data.items)) : undefined;
  const create = <ButtonLink to={`/manage/${slug}/events/new`}>New event</ButtonLink>;
  return (
    <Page title="Overview" tab={`Overview · ${name}`} lead={lead} width="wide" actions={create}>
      {error && <Failed error={error} retry={() => refetch()} />}
      {!data && !error && <Loading what="the overview" rows={4} />}
      {data && data.items.length === 0 && <FirstStep slug={slug} />}
      {data && data.items.length > 0 && (
        <>
          <UnderstaffedList slug={slug} needs={needs} now={now} />
          <Events slug={slug} events={data.items} now={now} />
        </>
      )}
      {data && <Past slug={slug} />}
    </Page>
  );
}

function FirstStep({ slug }: { slug: string }) {
  return (
    <Empty title="There is no event ahead.">
      <p>Plan the next one: a title, a day, and the shifts that need people. You get a link to share when it is published.</p>
      <div className="actions">
        <ButtonLink to={`/manage/${slug}/events/new`}>Plan an event</ButtonLink>
        <ButtonLink look="secondary" to={`/manage/${slug}/people`}>
          Add people first
        </ButtonLink>
      </div>
    </Empty>
  );
}

function Events({ slug, events, now }: { slug: string; events: OverviewEvent[]; now: Date }) {
  const { drafts, published, cancelled } = partByState(events);
  return (
    <>
      {drafts.length > 0 && (
        <section>
          <h2>Drafts</h2>
          <p className="section-lead">Nobody but coordinators sees these until they are published.</p>
          <EventRows slug={slug} events={drafts} now={now} />
        </section>
      )}
      {published.length > 0 && (
        <section>
          <h2>Published events</h2>
          <EventRows slug={slug} events={published} now={now} />
        </section>
      )}
      {cancelled.length > 0 && (
        <section>
          <h2>Cancelled</h2>
          <EventRows slug={slug} events={cancelled} now={now} />
        </section>
      )}
    </>
  );
}

function Past({ slug }: { slug: string }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <section className="past">
      <Button look="quiet" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {isOpen ? "Hide past events" : "Show past events"}
      </Button>
      {isOpen && <PastEvents slug={slug} />}
    </section>
  );
}
