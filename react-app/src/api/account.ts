// Which questions do the pages of an account ask?

import { queryOptions } from "@tanstack/react-query";
import { answer, api, attempt } from "./client";
import type { OrganizationIn } from "./types";

export const register = (body: { name: string; email: string }) => answer(api.POST("/auth/register", { body }));
export const forgot = (email: string) => answer(api.POST("/auth/forgot", { body: { email } }));
export const logIn = (email: string, password: string) =>
  answer(api.POST("/auth/login", { body: { email, password } }));
export const choosePassword = (token: string, password: string) =>
  answer(api.POST("/auth/password", { body: { token, password } }));
export const changePassword = (current: string, next: string) =>
  answer(api.PUT("/auth/password", { body: { current, new: next } }));

export const readMe = () => answer(api.GET("/me"));
export const rename = (name: string) => answer(api.PATCH("/me", { body: { name } }));

export const invitationQuery = (token: string) =>
  queryOptions({
    queryKey: ["invitation", token],
    queryFn: ({ signal }) => answer(api.POST("/invitations/read", { body: { token }, signal })),
    staleTime: Number.POSITIVE_INFINITY,
  });

/** Accept as a newcomer, with a name and a password, or as whoever is signed in. */
export const acceptInvitation = (token: string, newcomer: { name: string; password: string } | null) =>
  answer(api.POST("/invitations/accept", { body: { token, ...newcomer } }));

/** Say yes to being on the list, without an account. */
export const confirmInvitation = (token: string) => answer(api.POST("/invitations/confirm", { body: { token } }));

export type Accepted = Awaited<ReturnType<typeof acceptInvitation>>;

export const createOrganization = (body: OrganizationIn, key: string) =>
  answer(api.POST("/organizations", { params: attempt(key), body }));
