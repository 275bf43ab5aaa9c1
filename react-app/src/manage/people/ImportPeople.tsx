// How do many people come in at once?

import { type ChangeEvent, useRef, useState } from "react";
import { request } from "../../api/client";
import { Button } from "../../ui/Button";
import { Failure } from "../../ui/Notice";
import { home } from "../queries";
import type { ImportResult } from "../shapes";
import { useAction } from "../mutations";
import { EXAMPLE, fileFault, isWorthwhile } from "./import-report";
import { ImportReport } from "./ImportReport";

interface Chosen {
  name: string;
  text: string;
}

/** A CSV file is tried first, which changes nothing, and imported after a look at what it would do. */
export function ImportPeople({ slug }: { slug: string }) {
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const field = useRef<HTMLInputElement>(null);
  const attempt = useAction<Chosen, ImportResult>({ slug, run: ({ text }) => send(slug, text, true) });
  const real = useAction<Chosen, ImportResult>({ slug, run: ({ text }) => send(slug, text, false), toast: () => "The import is done." });

  async function choose({ target }: ChangeEvent<HTMLInputElement>) {
    const file = target.files?.[0];
    attempt.reset();
    real.reset();
    setChosen(null);
    setFault(file ? fileFault(file) : null);
    if (!file || fileFault(file)) return;
    const next = { name: file.name, text: await file.text() };
    setChosen(next);
    attempt.mutate(next);
  }

  const report = real.data ?? attempt.data;
  return (
    <div className="sheet">
      <h3>Import</h3>
      <p className="quiet">
        A CSV file with the columns <code>name</code>, <code>email</code> and perhaps <code>phone</code>. It is checked first; nothing changes
        before you say so. Who is new is asked by mail first, so many a day; until they say yes, nothing else is mailed to them.{" "}
        <a href={`data:text/csv;charset=utf-8,${encodeURIComponent(EXAMPLE)}`} download="people.csv">Example file</a>
      </p>
      <label className="button button-secondary file-button">
        {chosen ? "Choose another file" : "Choose a file"}
        <input ref={field} type="file" accept=".csv,text/csv" className="visually-hidden" onChange={choose} onClick={(event) => (event.currentTarget.value = "")} />
      </label>
      {chosen && <span className="file-name">{chosen.name}</span>}
      <div role="status">
        {fault && <p className="field-error">{fault}</p>}
        {attempt.isPending && <p className="quiet">Checking…</p>}
        {report && <ImportReport report={report} dryRun={!real.data} />}
      </div>
      <Failure error={attempt.error ?? real.error} />
      {chosen && attempt.data && !real.data && isWorthwhile(attempt.data) && (
        <div className="actions">
          <Button busy={real.isPending} onClick={() => real.mutate(chosen)}>
            Import now
          </Button>
        </div>
      )}
    </div>
  );
}

async function send(slug: string, text: string, dryRun: boolean): Promise<ImportResult> {
  const headers = new Headers({ "Content-Type": "text/csv" });
  const response = await request("POST", `${home(slug)}/people/import`, { query: { dry_run: dryRun }, headers, body: text });
  return (await response.json()) as ImportResult;
}
