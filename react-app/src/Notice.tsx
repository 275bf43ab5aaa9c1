// What is shown when there is no list to show?

import type { ReactNode } from "react";

/** A quiet box with a title, a sentence and perhaps a way on. `alert` is read out at once. */
export function Notice(props: { title: string; alert?: boolean; children: ReactNode }) {
  return (
    <div className="notice" role={props.alert ? "alert" : undefined}>
      <p className="notice-title">{props.title}</p>
      {props.children}
    </div>
  );
}

/** Grey shapes where the events will be; a screen reader hears one sentence. */
export function Loading() {
  return (
    <div>
      <p className="visually-hidden" role="status">
        Loading events
      </p>
      <ul className="cards skeleton" aria-hidden="true">
        <li className="card" />
        <li className="card" />
        <li className="card" />
      </ul>
    </div>
  );
}
