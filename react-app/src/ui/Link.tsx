// How does a link change the page without a reload?

import type { AnchorHTMLAttributes, MouseEvent } from "react";
import { go, usePath } from "../navigation";

interface LinkProps extends Omit<AnchorHTMLAttributes<HTMLAnchorElement>, "href"> {
  to: string;
}

/** A real link that stays in the page; a click with a modifier key opens a tab, as everywhere. */
export function Link({ to, onClick, ...rest }: LinkProps) {
  const path = usePath();
  function follow(event: MouseEvent<HTMLAnchorElement>) {
    onClick?.(event);
    const isPlain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
    if (!isPlain || event.defaultPrevented || rest.target) return;
    event.preventDefault();
    go(to);
  }
  return <a {...rest} href={to} onClick={follow} aria-current={to === path ? "page" : undefined} />;
}
