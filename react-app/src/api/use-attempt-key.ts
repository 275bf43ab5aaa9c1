// Is this the same attempt once more, or another one?

import { useRef } from "react";
import { newKey } from "./client";

/** Return a function that gives the same key for the same content, so that a repeated attempt is done once. */
export function useAttemptKey(): (content: unknown) => string {
  const last = useRef({ content: "", key: "" });
  return (content) => {
    const text = JSON.stringify(content);
    if (text !== last.current.content) last.current = { content: text, key: newKey() };
    return last.current.key;
  };
}
