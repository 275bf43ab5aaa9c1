// A value that waits until the reader has stopped typing.

import { useEffect, useState } from "react";

const PAUSE_MS = 250;

/** Return a value once it has stayed the same for a moment. */
export function useDebounce<Value>(value: Value): Value {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
