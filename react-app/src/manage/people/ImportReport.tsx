// Which lines of the file were, or would be, left out, and why?

import { useState } from "react";
import { Button } from "../../ui/Button";
import type { ImportResult } from "../shapes";
import { reportWords } from "./import-report";

const SHOWN = 8;

/** One sentence, then the rejected lines by their number in the file. */
export function ImportReport({ report, dryRun }: { report: ImportResult; dryRun: boolean }) {
  const [isWhole, setWhole] = useState(false);
  const lines = isWhole ? report.rejected : report.rejected.slice(0, SHOWN);
  return (
    <div className="import-report">
      <p>
        <strong>{reportWords(report, { dryRun })}</strong>
      </p>
      {lines.length > 0 && (
        <table className="rejected">
          <thead>
            <tr>
              <th scope="col">Line</th>
              <th scope="col">Why it is left out</th>
            </tr>
          </thead>
          <tbody>
            {lines.map(({ line, why }) => (
              <tr key={`${line} ${why}`}>
                <td>{line}</td>
                <td>{why}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {report.rejected.length > lines.length && (
        <Button look="quiet" onClick={() => setWhole(true)}>
          Show all {report.rejected.length} lines
        </Button>
      )}
    </div>
  );
}
