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

const me = createRoute({
  getParentRoute,
  path: "/me",
  beforeLoad: needSession,
  component: lazyRouteComponent(() => import("../account/MePage")),
});

export const accountRoutes = [signIn, me] as const;
