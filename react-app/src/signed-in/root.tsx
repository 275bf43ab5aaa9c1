// What do all pages behind the sign-in share, and who may open them?

import { createRootRoute, Outlet, redirect } from "@tanstack/react-router";
import { sessionKnown } from "../api/session";
import { Failed, Loading } from "../ui/Notice";
import { NotFound } from "../ui/NotFound";

/** The parent of every route; the frame around it is the application's. */
export const rootRoute = createRootRoute({
  component: Outlet,
  notFoundComponent: () => <NotFound />,
  errorComponent: ({ error }) => <Failed error={error} retry={() => window.location.reload()} />,
  pendingComponent: () => <Loading />,
});

/** For `beforeLoad`: who is not signed in signs in first and comes back here. */
export async function needSession({ location }: { location: { href: string } }): Promise<void> {
  const session = await sessionKnown();
  if (session.kind !== "signed-in") throw redirect({ to: "/sign-in", search: { next: location.href } });
}
