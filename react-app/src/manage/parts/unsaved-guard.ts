// The guard that keeps a page with unsaved changes from being left.
//
// The router's own blocker does not see it: links go by `go`, and which page is shown is decided above the router.

import { type Guard, setGuard } from "../../navigation";

type Ask = Guard["ask"];

/** Keep the page until its returned function is called: links and the browser's own ways ask before they leave it. */
export function guardPage(ask: Ask): () => void {
  const page = address();
  let place = placeInHistory();
  let isReturning = false;

  const asked: Ask = (goOn) =>
    ask(() => {
      release();
      goOn();
    });

  /** The browser has gone already, though nobody has been told: go back at once, ask, and then go again. */
  function onPop(event: PopStateEvent) {
    if (address() === page && !isReturning) {
      place = placeInHistory(); // a link within the page
      return;
    }
    event.stopImmediatePropagation();
    if (isReturning) {
      isReturning = false;
      return;
    }
    const by = placeInHistory() - place || -1;
    isReturning = true;
    window.history.go(-by);
    asked(() => window.history.go(by));
  }

  function release() {
    setGuard(null);
    window.removeEventListener("beforeunload", onUnload);
  }

  setGuard({ ask: asked, onPop });
  window.addEventListener("beforeunload", onUnload);
  return release;
}

/** The tab is closed or reloaded: the browser asks in its own words. */
function onUnload(event: BeforeUnloadEvent) {
  event.preventDefault();
}

const address = () => window.location.pathname + window.location.search;

/** Count the entries before this one. A browser that cannot tell gives nought, and a step is taken for one back. */
function placeInHistory(): number {
  const { navigation } = window as { navigation?: { currentEntry?: { index: number } | null } };
  return navigation?.currentEntry?.index ?? 0;
}
