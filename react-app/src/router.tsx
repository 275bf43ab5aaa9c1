// Which page does the address ask for, and how does a link change it without a reload?

import { type MouseEvent, type ReactNode, useSyncExternalStore } from "react";

export type Route = { page: "list" } | { page: "event"; id: string } | { page: "unknown" };

/** Read a path: `/` and `/events` are the list, `/events/:id` is one event. */
export function matchRoute(path: string): Route {
  const words = path.split("/").filter(Boolean);
  if (words.length === 0 || (words.length === 1 && words[0] === "events")) return { page: "list" };
  const id = words.length === 2 && words[0] === "events" ? decode(words[1] ?? "") : "";
  return id ? { page: "event", id } : { page: "unknown" };
}

function decode(word: string): string {
  try {
    return decodeURIComponent(word);
  } catch {
    return "";
  }
}

/** Return the path of the address bar, and render again when it changes. */
export function usePath(): string {
  return useSyncExternalStore(subscribe, () => window.location.pathname);
}

function subscribe(changed: () => void): () => void {
  window.addEventListener("popstate", changed);
  return () => window.removeEventListener("popstate", changed);
}

/** Go to a path of this application. */
export function navigate(path: string): void {
  window.history.pushState(null, "", path);
  window.dispatchEvent(new PopStateEvent("popstate"));
  window.scrollTo(0, 0);
}

/** A real link that stays in the page; a click with a modifier key opens a tab, as everywhere. */
export function Link(props: { to: string; className?: string; children: ReactNode }) {
  function follow(event: MouseEvent) {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(props.to);
  }
  return (
    <a href={props.to} className={props.className} onClick={follow}>
      {props.children}
    </a>
  );
}
