// What starts an action?

import type { ButtonHTMLAttributes } from "react";
import { Link } from "./Link";

type Look = "primary" | "secondary" | "quiet" | "danger";

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  look?: Look;
  /** The action is under way: the button keeps its place and its focus, and does nothing. */
  busy?: boolean;
}

const classOf = (look: Look, extra = "") => `button button-${look} ${extra}`.trim();

/** A button; `type="button"` unless it is told to submit. */
export function Button({ look = "primary", busy = false, className, onClick, type = "button", ...rest }: ButtonProps) {
  return (
    <button
      {...rest}
      type={type}
      className={classOf(look, className)}
      aria-disabled={busy || undefined}
      onClick={(event) => (busy ? event.preventDefault() : onClick?.(event))}
    />
  );
}

/** A link that looks like a button, for an action that is a page. */
export function ButtonLink({ look = "primary", className, ...rest }: { look?: Look; className?: string; to: string; children: React.ReactNode }) {
  return <Link {...rest} className={classOf(look, className)} />;
}
