// What has the organization told its people?

import { useInfiniteQuery } from "@tanstack/react-query";
import { dateAndTime } from "../../time";
import { Empty, Failed, Loading } from "../../ui/Notice";
import { Page } from "../../ui/Page";
import { ShowMore } from "../parts/ShowMore";
import { announcementsQuery } from "../queries";
import type { Announcement } from "../shapes";
import { useMembership } from "../use-membership";
import { AnnouncementForm } from "./AnnouncementForm";
import { sentTo } from "./announcement-rules";

/** The form, then what was sent, the latest first. */
export default function AnnouncementsPage() {
  const { slug, name } = useMembership();
  const query = useInfiniteQuery(announcementsQuery(slug));
  const items = query.data?.pages.flatMap((page) => page.items);
  return (
    <Page title="Messages" tab={`Messages · ${name}`} lead="E-mails to the people of the organization or of one event." width="wide">
      <div className="beside">
        <section className="sheet" aria-labelledby="write">
          <h2 id="write">Write one</h2>
          <AnnouncementForm slug={slug} />
        </section>
        <section aria-labelledby="sent">
          <h2 id="sent">Sent</h2>
          {query.error && <Failed error={query.error} retry={() => query.refetch()} />}
          {query.isPending && <Loading what="messages" rows={2} />}
          {items?.length === 0 && (
            <Empty title="Nothing was sent yet.">
              <p>A word the evening before brings more people than anything else.</p>
            </Empty>
          )}
          {items && items.length > 0 && <Sent items={items} />}
          <ShowMore query={query} />
        </section>
      </div>
    </Page>
  );
}

function Sent({ items }: { items: Announcement[] }) {
  return (
    <ul className="rows">
      {items.map((item) => (
        <li key={item.id} className="message">
          <details>
            <summary>
              <span className="message-subject">{item.subject}</span>
              <span className="row-meta">{sentTo(item)}</span>
            </summary>
            <p className="message-body">{item.body}</p>
          </details>
          <p className="row-meta">
            {dateAndTime(item.created_at)}
            {item.author && ` by ${item.author}`}
          </p>
        </li>
      ))}
    </ul>
  );
}
