// What is the link, and how does it get elsewhere?

import { useRef } from "react";
import { share } from "../../share";
import { Button } from "../../ui/Button";
import { showToast } from "./toast";

interface CopyLinkProps {
  label: string;
  hint: string;
  path: string;
  title: string;
}

/** The link in full, selected at a touch, and a button that copies it, or shares it on a phone. */
export function CopyLink({ label, hint, path, title }: CopyLinkProps) {
  const field = useRef<HTMLInputElement>(null);
  const url = `${window.location.origin}${path}`;
  async function copy() {
    const outcome = await share(title, url);
    if (outcome === "copied") showToast("The link is copied.");
    if (outcome === "failed") field.current?.select();
    if (outcome === "failed") showToast("Copy the marked link.");
  }
  return (
    <div className="copy-link">
      <label className="copy-link-label">
        <span>{label}</span>
        <span className="hint">{hint}</span>
        <input ref={field} className="input" readOnly value={url} onFocus={(event) => event.target.select()} />
      </label>
      <div className="copy-link-buttons">
        <Button look="secondary" onClick={copy}>
          Copy link
        </Button>
        <a className="button button-quiet" href={path} target="_blank" rel="noreferrer">
          Open<span className="visually-hidden"> the public page in a new tab</span>
        </a>
      </div>
    </div>
  );
}
