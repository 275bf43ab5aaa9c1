// Which addresses belong to a person's account?

import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { needSession, rootRoute } from "./root";

/** Only a path of this site: a link must not lead elsewhere after the sign-in. */
export function safeNext(search: Record<string, unknown>): { next?: string } {
  const { next } = search;
  const isOwnPath = typeof next === "string" && /^\/(?![/\\])/.test(next);
  return isOwnPath ? { next } : {};
}

const getParentRoute = () => rootRoute;

const signIn = createRoute({
  getParentRoute,
  path: "/sign-in",
  validateSearch: safeNext,
  component: lazyRouteComponent(() => import("../account/SignInPage")),
});

const register = createRoute({
  getParentRoute,
  path: "/register",
  component: lazyRouteComponent(() => import("../account/RegisterPage")),
});

const forgot = createRoute({
  getParentRoute,
  path: "/forgot",
  component: lazyRouteComponent(() => import("../account/ForgotPage")),
});

const choosePassword = createRoute({
  getParentRoute,
  path: "/choose-password",
  component: lazyRouteComponent(() => import("../account/ChoosePasswordPage")),
});

const invitation = createRoute({
  getParentRoute,
  path: "/invitation",
  component: lazyRouteComponent(() => import("../account/InvitationPage")),
});

const me = createRoute({
  getParentRoute,
  path: "/me",
  beforeLoad: needSession,
  component: lazyRouteComponent(() => import("../account/MePage")),
});

const newOrganization = createRoute({
  getParentRoute,
  path: "/new-organization",
  beforeLoad: needSession,
  component: lazyRouteComponent(() => import("../account/NewOrganizationPage")),
});

export const accountRoutes = [signIn, register, forgot, choosePassword, invitation, me, newOrganization] as const;
