// Which questions do the public pages ask?

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { get, send } from "./client";
import type { EventCard, MySignUp, Organization, Page, SignedUp, VolunteerEvent } from "./types";

const PAGE_SIZE = 30;

/** The upcoming events of everybody, or of one organization; page by page. */
export function eventsQuery({ search = "", slug }: { search?: string; slug?: string }) {
  const path = slug === undefined ? "/events" : `/organizations/${slug}/events`;
  return infiniteQueryOptions({
    queryKey: ["events", { path, search }],
    queryFn: ({ pageParam, signal }) =>
      get<Page<EventCard>>(path, { search: search, cursor: pageParam, limit: PAGE_SIZE }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
  });
}

export const eventQuery = (id: number) =>
  queryOptions({
    queryKey: ["event", id],
    queryFn: ({ signal }) => get<VolunteerEvent>(`/events/${id}`, {}, signal),
  });

export const organizationQuery = (slug: string) =>
  queryOptions({
    queryKey: ["organization", slug],
    queryFn: ({ signal }) => get<Organization>(`/organizations/${slug}`, {}, signal),
  });

/** What a mailed link leads to. */
export const managedQuery = (token: string) =>
  queryOptions({
    queryKey: ["managed", token],
    queryFn: ({ signal }) => send<MySignUp>("POST", "/sign-ups/read", { token }, { signal }),
  });

/** Who signs up: somebody with a name and an address, or, without, whoever is signed in. */
export interface Newcomer {
  name: string;
  email: string;
}

export const signUp = (shiftId: number, who: Newcomer | null, key: string) =>
  send<SignedUp>("POST", `/shifts/${shiftId}/sign-ups`, who ?? {}, { key });

export const cancelManaged = (token: string) => send("POST", "/sign-ups/cancel", { token });
