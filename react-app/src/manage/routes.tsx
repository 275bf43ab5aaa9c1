// Which addresses belong to the coordinators of an organization?

import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { needSession, rootRoute } from "../member/root";

const overview = createRoute({
  getParentRoute: () => rootRoute,
  path: "/manage/$slug",
  beforeLoad: needSession,
  component: lazyRouteComponent(() => import("./OverviewPage")),
});

export const manageRoutes = [overview] as const;
