// Which address is shown, and how does it change without a reload?

import { useSyncExternalStore } from "react";

const listeners = new Set<() => void>();

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  window.addEventListener("popstate", listener);
  return () => {
    listeners.delete(listener);
    window.removeEventListener("popstate", listener);
  };
}

const path = () => window.location.pathname;
const fragment = () => window.location.hash.slice(1);

/** Return the path of the address bar, and render again when it changes. */
export function usePath(): string {
  return useSyncExternalStore(subscribe, path, path);
}

/** Tell every reader of the address that somebody else has changed it. */
export function addressChanged(): void {
  for (const listener of [...listeners]) listener();
}

/** Keeps a page from being left: by links and the like, and by the browser's own ways back and forward. */
export interface Guard {
  ask: (goOn: () => void) => void;
  onPop: (event: PopStateEvent) => void;
}

let guard: Guard | null = null;

/** Have a guard asked before what is on the page is left; with null, nobody is. */
export function setGuard(wanted: Guard | null): void {
  guard = wanted;
}

/** Let the guard hear of a step back before the pages and the router do: browsers call in the order of registration. */
export function letGuardHearFirst(): void {
  window.addEventListener("popstate", (event) => guard?.onPop(event));
}

/** Leave what is on the page: at once, or when whoever is asked agrees. */
export function leave(goOn: () => void): void {
  if (guard) guard.ask(goOn);
  else goOn();
}

/** Go to an address of this application, as a link would. The router of the member pages notices by itself. */
export function go(to: string, { replace = false, unasked = false }: { replace?: boolean; unasked?: boolean } = {}): void {
  if (!unasked) return leave(() => go(to, { replace, unasked: true }));
  if (replace) window.history.replaceState(null, "", to);
  else window.history.pushState(null, "", to);
  addressChanged();
  window.scrollTo(0, 0);
}

/** Change the query of this page's address without going anywhere. */
export function setQuery(query: URLSearchParams): void {
  const words = query.size > 0 ? `?${query}` : "";
  window.history.replaceState(window.history.state, "", `${window.location.pathname}${words}`);
}

/** Return what stands behind the `#` of the address; the server never sees it, so a mailed token stands there. */
export function useFragment(): string {
  return useSyncExternalStore(
    (changed) => {
      window.addEventListener("hashchange", changed);
      return () => window.removeEventListener("hashchange", changed);
    },
    fragment,
    fragment,
  );
}
