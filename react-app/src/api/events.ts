// Which questions are asked of events, and of one's own sign-ups?

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answer, api, attempt } from "./client";

const PAGE_SIZE = 30;

/** The upcoming events of everybody, or of one organization; page by page. */
export function eventsQuery({ search = "", slug }: { search?: string; slug?: string }) {
  return infiniteQueryOptions({
    queryKey: ["events", { slug, search }],
    queryFn: ({ pageParam: cursor, signal }) => {
      const query = { limit: PAGE_SIZE, ...(cursor && { cursor }) };
      if (slug === undefined) {
        return answer(api.GET("/events", { params: { query: { ...query, ...(search && { search }) } }, signal }));
      }
      return answer(api.GET("/organizations/{slug}/events", { params: { path: { slug }, query }, signal }));
    },
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
  });
}

export const eventQuery = (id: number) =>
  queryOptions({
    queryKey: ["event", id],
    queryFn: ({ signal }) => answer(api.GET("/events/{event_id}", { params: { path: { event_id: id } }, signal })),
  });

export const organizationQuery = (slug: string) =>
  queryOptions({
    queryKey: ["organization", slug],
    queryFn: ({ signal }) => answer(api.GET("/organizations/{slug}", { params: { path: { slug } }, signal })),
  });

/** What a mailed link leads to. */
export const managedQuery = (token: string) =>
  queryOptions({
    queryKey: ["managed", token],
    queryFn: ({ signal }) => answer(api.POST("/sign-ups/read", { body: { token }, signal })),
  });

export const cancelManaged = (token: string) => answer(api.POST("/sign-ups/cancel", { body: { token } }));

/** Who signs up: somebody with a name and an address, or, without, whoever is signed in. */
export interface Newcomer {
  name: string;
  email: string;
}

export const signUp = (shiftId: number, who: Newcomer | null, key: string) =>
  answer(
    api.POST("/shifts/{shift_id}/sign-ups", { params: { path: { shift_id: shiftId }, ...attempt(key) }, body: who ?? {} }),
  );

/** My sign-ups: what lies ahead, or what is over. */
export const mySignUpsQuery = ({ past }: { past: boolean }) =>
  infiniteQueryOptions({
    queryKey: ["my-sign-ups", { past }],
    queryFn: ({ pageParam: cursor, signal }) =>
      answer(api.GET("/me/sign-ups", { params: { query: { past, ...(cursor && { cursor }) } }, signal })),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
  });

export const cancelMine = (id: number) =>
  answer(api.DELETE("/me/sign-ups/{sign_up_id}", { params: { path: { sign_up_id: id } } }));
