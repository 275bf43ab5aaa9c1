// Which addresses belong to the coordinators of an organization?

import { createRoute, lazyRouteComponent } from "@tanstack/react-router";
import { needSession, rootRoute } from "../signed-in/root";

const manage = createRoute({
  getParentRoute: () => rootRoute,
  path: "/manage/$slug",
  beforeLoad: needSession,
  component: lazyRouteComponent(() => import("./ManageLayout")),
});

const getParentRoute = () => manage;

const overview = createRoute({
  getParentRoute,
  path: "/",
  component: lazyRouteComponent(() => import("./overview/OverviewPage")),
});

const newEvent = createRoute({
  getParentRoute,
  path: "/events/new",
  component: lazyRouteComponent(() => import("./planning/NewEventPage")),
});

const event = createRoute({
  getParentRoute,
  path: "/events/$id",
  component: lazyRouteComponent(() => import("./event/EventPage")),
});

const editEvent = createRoute({
  getParentRoute,
  path: "/events/$id/edit",
  component: lazyRouteComponent(() => import("./planning/EditEventPage")),
});

const people = createRoute({
  getParentRoute,
  path: "/people",
  component: lazyRouteComponent(() => import("./people/PeoplePage")),
});

const announcements = createRoute({
  getParentRoute,
  path: "/announcements",
  component: lazyRouteComponent(() => import("./announcements/AnnouncementsPage")),
});

const settings = createRoute({
  getParentRoute,
  path: "/settings",
  component: lazyRouteComponent(() => import("./settings/SettingsPage")),
});

const pages = [overview, newEvent, event, editEvent, people, announcements, settings] as const;

export const manageRoutes = [manage.addChildren(pages)] as const;
