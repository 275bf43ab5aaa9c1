// Which questions do the pages of an account ask?

import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { get, send } from "./client";
import type { InvitationRead, Me, MySignUp, Organization, Page, Session } from "./types";

export const register = (who: { name: string; email: string }) => send("POST", "/auth/register", who);
export const forgot = (email: string) => send("POST", "/auth/forgot", { email });
export const logIn = (email: string, password: string) => send<Session>("POST", "/auth/login", { email, password });
export const choosePassword = (token: string, password: string) =>
  send<Session>("POST", "/auth/password", { token, password });
export const changePassword = (current: string, next: string) =>
  send<Session>("PUT", "/auth/password", { current, new: next });

export const readMe = () => get<Me>("/me");
export const rename = (name: string) => send<Me>("PATCH", "/me", { name });

/** My sign-ups: what lies ahead, or what is over. */
export const mySignUpsQuery = ({ past }: { past: boolean }) =>
  infiniteQueryOptions({
    queryKey: ["my-sign-ups", { past }],
    queryFn: ({ pageParam, signal }) => get<Page<MySignUp>>("/me/sign-ups", { past, cursor: pageParam }, signal),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
  });

export const cancelMine = (id: number) => send("DELETE", `/me/sign-ups/${id}`);

export const invitationQuery = (token: string) =>
  queryOptions({
    queryKey: ["invitation", token],
    queryFn: ({ signal }) => send<InvitationRead>("POST", "/invitations/read", { token }, { signal }),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** Accepted by a newcomer it is a session, too. */
export type Accepted = { organization_slug: string } & Partial<Session>;

export const acceptInvitation = (token: string, newcomer: { name: string; password: string } | null) =>
  send<Accepted>("POST", "/invitations/accept", { token, ...newcomer });

export interface OrganizationIn {
  name: string;
  slug?: string;
  description?: string;
}

export const createOrganization = (organization: OrganizationIn, key: string) =>
  send<Organization>("POST", "/organizations", organization, { key });
