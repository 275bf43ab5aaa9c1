// Queries of the coordinators' pages.

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { get, type Query } from "../api/client";
import type { Organization } from "../api/types";
import type { Announcement, ExportJob, Invitation, Listed, ManagedEvent, OverviewEvent, Person, RosterEntry } from "./shapes";

const PAGE = 100;
const PAGES_MAX = 10;

/** Where the routes of an organization begin. */
export const home = (slug: string) => `/organizations/${encodeURIComponent(slug)}`;

/** Everything that was read about an organization; after a change all of it is asked for again. */
export const keyOf = (slug: string) => ["manage", slug] as const;

export interface Whole<Item> {
  items: Item[];
  /** There are more than were read. */
  isCut: boolean;
}

/** Follow a list to its end, or to a thousand items. */
export async function readAll<Item>(path: string, query: Query, signal?: AbortSignal): Promise<Whole<Item>> {
  const items: Item[] = [];
  let cursor: string | null = null;
  for (let page = 0; page < PAGES_MAX; page++) {
    const answer: Listed<Item> = await get(path, { ...query, limit: PAGE, cursor }, signal);
    items.push(...answer.items);
    cursor = answer.next;
    if (cursor === null) break;
  }
  return { items, isCut: cursor !== null };
}

export const overviewQuery = (slug: string, past = false) =>
  queryOptions({
    queryKey: [...keyOf(slug), "overview", past],
    queryFn: ({ signal }) => readAll<OverviewEvent>(`${home(slug)}/overview`, past ? { past } : {}, signal),
  });

export const organizationQuery = (slug: string) =>
  queryOptions({
    queryKey: [...keyOf(slug), "organization"],
    queryFn: ({ signal }) => get<Organization>(home(slug), {}, signal),
  });

export const eventQuery = (slug: string, id: number) =>
  queryOptions({
    queryKey: [...keyOf(slug), "event", id],
    queryFn: ({ signal }) => get<ManagedEvent>(`${home(slug)}/events/${id}`, {}, signal),
  });

export const rosterQuery = (slug: string, id: number) =>
  queryOptions({
    queryKey: [...keyOf(slug), "roster", id],
    queryFn: ({ signal }) => readAll<RosterEntry>(`${home(slug)}/events/${id}/sign-ups`, {}, signal),
  });

/** Read a list page by page, as the reader asks for more. */
function listQuery<Item>(slug: string, list: string, query: Query = {}) {
  return infiniteQueryOptions({
    queryKey: [...keyOf(slug), list, query],
    queryFn: ({ pageParam, signal }) => get<Listed<Item>>(`${home(slug)}/${list}`, { ...query, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => last.next,
  });
}

export const peopleQuery = (slug: string, query: { search?: string; role?: string; limit?: number }) =>
  listQuery<Person>(slug, "people", query);
export const invitationsQuery = (slug: string) => listQuery<Invitation>(slug, "invitations");
export const announcementsQuery = (slug: string) => listQuery<Announcement>(slug, "announcements");

/** Count everybody in the organization, up to a thousand. */
export const headCountQuery = (slug: string) =>
  queryOptions({
    queryKey: [...keyOf(slug), "head-count"],
    queryFn: async ({ signal }) => {
      const { items, isCut } = await readAll<Person>(`${home(slug)}/people`, {}, signal);
      return { people: items.length, atLeast: isCut };
    },
  });

/** Read an export again and again until it is there or has failed. */
export const exportQuery = (slug: string, id: number) =>
  queryOptions({
    queryKey: ["export", slug, id],
    queryFn: ({ signal }) => get<ExportJob>(`${home(slug)}/exports/${id}`, {}, signal),
    refetchInterval: ({ state }) => (state.data?.ready_at || state.data?.error ? false : 1500),
  });
