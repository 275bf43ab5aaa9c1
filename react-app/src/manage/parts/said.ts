// What was last said about an action that succeeded?

import { useSyncExternalStore } from "react";

const SHOWN_MS = 6000;

interface Said {
  text: string;
  number: number;
}

let said: Said | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;
let count = 0;
const listeners = new Set<() => void>();

function change(next: Said | null): void {
  said = next;
  for (const listener of [...listeners]) listener();
}

/** Say something in the corner of the page; it is read out, and goes by itself. */
export function say(text: string): void {
  clearTimeout(timer);
  change({ text, number: ++count });
  timer = setTimeout(() => change(null), SHOWN_MS);
}

/** Return what is said, and render again when that changes. */
export function useSaid(): Said | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => said,
  );
}
