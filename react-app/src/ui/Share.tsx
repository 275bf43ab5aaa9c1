// How does somebody pass a page on?

import { useState } from "react";
import { share } from "../share";
import { Button } from "./Button";

/** A button that shares the link on a phone and copies it elsewhere. */
export function Share({ title, url, look = "secondary" }: { title: string; url: string; look?: "secondary" | "quiet" }) {
  const [outcome, setOutcome] = useState<Awaited<ReturnType<typeof share>>>(null);
  return (
    <span className="share">
      <Button look={look} onClick={async () => setOutcome(await share(title, url))}>
        Share
      </Button>
      <span role="status" className="small">
        {outcome === "copied" && "Link copied."}
        {outcome === "failed" && <>Copy this link: {url}</>}
      </span>
    </span>
  );
}
