// What is shown when there is nothing else to show, or something to say first?

import type { ReactNode } from "react";
import { explain } from "../api/errors";
import { Button } from "./Button";

/** A quiet box with a title, a sentence and perhaps a way on. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <p className="empty-title">{title}</p>
      {children}
    </div>
  );
}

/** One message beside what it is about. `bad` is read out at once, the others when the reader pauses. */
export function Notice({ tone = "calm", children }: { tone?: "calm" | "good" | "bad"; children: ReactNode }) {
  return (
    <div className={`notice notice-${tone}`} role={tone === "bad" ? "alert" : "status"}>
      {children}
    </div>
  );
}

/** The error of a form or an action, when there is one. */
export function Failure({ error }: { error: unknown }) {
  return error ? <Notice tone="bad">{explain(error)}</Notice> : null;
}

/** A page or a list that could not be read, and the way to try again. */
export function Failed({ error, retry }: { error: unknown; retry?: () => void }) {
  return (
    <div className="empty" role="alert">
      <p className="empty-title">{explain(error)}</p>
      {retry && (
        <p>
          <Button look="secondary" onClick={retry}>
            Try again
          </Button>
        </p>
      )}
    </div>
  );
}

/** Grey shapes where the content will be; a screen reader hears one sentence. */
export function Loading({ what = "this page", rows = 3 }: { what?: string; rows?: number }) {
  return (
    <div className="loading">
      <p className="visually-hidden" role="status">
        Loading {what}
      </p>
      <div className="skeleton" aria-hidden="true">
        {Array.from({ length: rows }, (_, row) => (
          <div key={row} />
        ))}
      </div>
    </div>
  );
}
