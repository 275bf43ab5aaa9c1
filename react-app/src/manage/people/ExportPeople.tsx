// How does the list of people get into a file?

import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { request, send } from "../../api/client";
import { useAttemptKey } from "../../api/use-attempt-key";
import { Button } from "../../ui/Button";
import { Failure, Notice } from "../../ui/Notice";
import { exportQuery, home } from "../queries";
import type { ExportJob } from "../shapes";
import { useAction } from "../mutations";

/** The file is made in the background; as soon as it is there it can be downloaded. */
export function ExportPeople({ slug }: { slug: string }) {
  const [id, setId] = useState<number | null>(null);
  const [attempt, setAttempt] = useState(0);
  const keyFor = useAttemptKey();
  const start = useAction<void, ExportJob>({
    slug,
    run: () => send<ExportJob>("POST", `${home(slug)}/exports`, undefined, { key: keyFor(attempt) }),
    then: (job) => {
      setId(job.id);
      setAttempt(attempt + 1);
    },
  });
  const job = useQuery({ ...exportQuery(slug, id ?? 0), enabled: id !== null });
  const isWorking = start.isPending || (id !== null && !job.data?.ready_at && !job.data?.error && !job.error);
  return (
    <div className="sheet">
      <h3>Export</h3>
      <p className="quiet">Everybody in the organization with role, telephone and how often they came, as a CSV file for any spreadsheet. It is kept for a day.</p>
      <div role="status" className="export-state">
        {isWorking && <p>The file is being made…</p>}
        {job.data?.ready_at && <p>The file is ready: {job.data.rows ?? 0} lines.</p>}
        {job.data?.error && <Notice tone="bad">The file could not be made: {job.data.error}</Notice>}
      </div>
      <Failure error={start.error ?? job.error} />
      <div className="file-actions">
        {id !== null && job.data?.ready_at && <Download slug={slug} id={id} />}
        <Button look="secondary" busy={isWorking} onClick={() => start.mutate()}>
          {job.data?.ready_at ? "Make a new one" : "Make the file"}
        </Button>
      </div>
    </div>
  );
}

function Download({ slug, id }: { slug: string; id: number }) {
  const download = useAction({ slug, run: () => save(slug, id) });
  return (
    <>
      <Button busy={download.isPending} onClick={() => download.mutate()}>
        Download
      </Button>
      <Failure error={download.error} />
    </>
  );
}

/** The token travels in a header, so a plain link would not do. */
async function save(slug: string, id: number): Promise<void> {
  const response = await request("GET", `${home(slug)}/exports/${id}/file`, {});
  const url = URL.createObjectURL(await response.blob());
  const link = document.createElement("a");
  link.href = url;
  link.download = `${slug}-people.csv`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
