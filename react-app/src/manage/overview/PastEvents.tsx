// What has the organization done?

import { useQuery } from "@tanstack/react-query";
import { Failed, Loading } from "../../ui/Notice";
import { overviewQuery } from "../queries";
import { EventRows } from "./EventRows";

/** The events that are over, read when somebody asks for them. */
export function PastEvents({ slug }: { slug: string }) {
  const { data, error, refetch } = useQuery(overviewQuery(slug, true));
  if (error) return <Failed error={error} retry={() => refetch()} />;
  if (!data) return <Loading what="past events" rows={2} />;
  if (data.items.length === 0) return <p className="quiet">No event is over yet.</p>;
  return <EventRows slug={slug} events={data.items} now={new Date()} />;
}
