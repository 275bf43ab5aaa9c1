// What is it about?

import { useState } from "react";

const SHORT = 420;

/** A text of any length; a long one leaves the rest of the page within reach until it is opened. */
export function Description({ text }: { text: string }) {
  const [isOpen, open] = useState(text.length <= SHORT);
  if (!text) return null;
  if (isOpen) return <p className="description">{text}</p>;
  return (
    <div>
      <p className="description">{beginning(text)}</p>
      <button type="button" className="more" onClick={() => open(true)}>
        Read more
      </button>
    </div>
  );
}

/** Cut after a word. */
export function beginning(text: string): string {
  const cut = text.slice(0, SHORT);
  return `${cut.slice(0, Math.max(cut.lastIndexOf(" "), SHORT / 2)).trimEnd()} …`;
}
