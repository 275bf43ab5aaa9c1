// What happens after a form that answers by mail?

import { type ReactNode, useEffect, useRef } from "react";

/** Say that a mail is on its way; the heading takes the focus. */
export function MailSent({ title = "Look into your mail", children }: { title?: string; children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  return (
    <div role="status">
      <svg className="mail" viewBox="0 0 40 40" aria-hidden="true">
        <rect x="5" y="9" width="30" height="22" rx="3" />
        <path d="M6 11l14 11 14-11" />
      </svg>
      <h2 ref={heading} tabIndex={-1}>
        {title}
      </h2>
      {children}
    </div>
  );
}
