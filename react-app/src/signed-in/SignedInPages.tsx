// The pages behind the sign-in, and their router.

import { createRouter, RouterProvider } from "@tanstack/react-router";
import { useEffect } from "react";
import { currentSession, onSessionChange } from "../api/session";
import { manageRoutes } from "../manage/routes";
import { addressChanged } from "../navigation";
import { rootRoute } from "./root";
import { accountRoutes } from "./routes";

const router = createRouter({
  routeTree: rootRoute.addChildren([...accountRoutes, ...manageRoutes]),
  defaultPendingMs: 150,
  defaultPendingMinMs: 0,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

/** Everything that is not a public page, also the addresses that nobody knows. */
export default function SignedInPages() {
  useEffect(() => router.history.subscribe(addressChanged), []);
  // Back from a public page: the router still waits for that page, which it never showed, and looks by itself at nothing.
  useEffect(() => void router.load(), []);
  // Signed out, here or in another tab: the routes ask again who may open them.
  useEffect(() => onSessionChange(() => currentSession().kind === "anonymous" && void router.invalidate()), []);
  return <RouterProvider router={router} />;
}
