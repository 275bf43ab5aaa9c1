// Toasts: the short message after an action that succeeded.

import { useSyncExternalStore } from "react";

const SHOWN_MS = 6000;

interface Toast {
  text: string;
  number: number;
}

let shown: Toast | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;
let count = 0;
const listeners = new Set<() => void>();

function change(next: Toast | null): void {
  shown = next;
  for (const listener of [...listeners]) listener();
}

/** Show a message in the corner of the page; it is read out, and goes by itself. */
export function showToast(text: string): void {
  clearTimeout(timer);
  change({ text, number: ++count });
  timer = setTimeout(() => change(null), SHOWN_MS);
}

/** Return the toast that is shown, and render again when that changes. */
export function useToast(): Toast | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => shown,
  );
}
