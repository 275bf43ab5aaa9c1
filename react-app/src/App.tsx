// Which page is shown?

import { QueryClientProvider } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense } from "react";
import { queryClient } from "./api/query-client";
import { usePath } from "./navigation";
import { EventPage } from "./public/EventPage";
import { HomePage } from "./public/HomePage";
import { matchPublic, type PublicRoute } from "./public/routes";
import { CatchErrors } from "./ui/CatchErrors";
import { Frame } from "./ui/Frame";
import { Loading } from "./ui/Notice";

const OrganizationPage = lazy(() => import("./public/OrganizationPage"));
const MySignUpPage = lazy(() => import("./public/MySignUpPage"));
const SignedInPages = lazy(() => import("./signed-in/SignedInPages"));

/** The whole application. */
export function App() {
  const route = matchPublic(usePath());
  return (
    <QueryClientProvider client={queryClient}>
      <Frame>
        <CatchErrors key={route?.page}>
          <Suspense fallback={<Loading />}>{pageOf(route)}</Suspense>
        </CatchErrors>
      </Frame>
    </QueryClientProvider>
  );
}

/** What a visitor with a shared link needs is here; the pages behind a sign-in, and their router, are read when needed. */
function pageOf(route: PublicRoute | null): ReactNode {
  switch (route?.page) {
    case "home":
      return <HomePage />;
    case "event":
      return <EventPage key={route.id} id={route.id} />;
    case "organization":
      return <OrganizationPage key={route.slug} slug={route.slug} />;
    case "my-sign-up":
      return <MySignUpPage />;
    default:
      return <SignedInPages />;
  }
}
