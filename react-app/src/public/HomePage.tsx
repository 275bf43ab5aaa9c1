// Where is help needed?

import { useEffect, useState } from "react";
import { setQuery } from "../navigation";
import { Empty } from "../ui/Notice";
import { Page } from "../ui/Page";
import { PagedEvents } from "./PagedEvents";

const TYPING_MS = 250;

/** All upcoming events, and a search. */
export function HomePage() {
  const [typed, type] = useState(() => new URLSearchParams(window.location.search).get("search") ?? "");
  const search = useSettled(typed.trim());
  useEffect(() => setQuery(new URLSearchParams(search ? { search } : {})), [search]);
  return (
    <Page
      title="Lend a hand"
      tab="Volunteer events"
      width="split"
      lead="Where help is needed in the next weeks, and how many places are still free."
      below={<Search value={typed} change={type} />}
    >
      <PagedEvents search={search} none={search ? <NothingFound search={search} /> : <NoneYet />} />
    </Page>
  );
}

function Search({ value, change }: { value: string; change: (value: string) => void }) {
  return (
    <search className="search">
      <label htmlFor="search" className="visually-hidden">
        Search for an event, a place or an organization
      </label>
      <svg viewBox="0 0 20 20" aria-hidden="true">
        <circle cx="8.5" cy="8.5" r="5.5" />
        <path d="M13 13l4.5 4.5" />
      </svg>
      <input
        id="search"
        className="input"
        type="search"
        maxLength={100}
        placeholder="Search"
        value={value}
        onChange={(event) => change(event.target.value)}
      />
    </search>
  );
}

/** The value, once it has not changed for a moment. */
function useSettled(value: string): string {
  const [settled, settle] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => settle(value), TYPING_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}

function NothingFound({ search }: { search: string }) {
  return (
    <Empty title={`Nothing found for “${search}”`}>
      <p>Try a single word: a town, an organization, a kind of help.</p>
    </Empty>
  );
}

function NoneYet() {
  return (
    <Empty title="No events right now">
      <p>New ones appear here as soon as an organization publishes them.</p>
    </Empty>
  );
}
