import { formatLocal } from '@mycelium/farm';
import { entryOf, isJobName, viewOf } from '@mycelium/queue';
import { type Cell, english, type ReportView, say } from '@mycelium/words';
import type { Output } from './output.ts';

/** The outcome of a run. The catalogue defines how a job's report is shown. */
export function printRun(
  output: Output,
  run: { job: string; status: string; report?: unknown; error?: string | null },
  timeZone: string,
): void {
  output.line();
  const view = run.status === 'succeeded' ? viewOf(run.job, run.report) : undefined;
  if (view && isJobName(run.job)) printView(output, entryOf(run.job).title, view, timeZone);
  else if (run.status === 'succeeded') output.line(`${run.job}: ${JSON.stringify(run.report)}`);
  else output.warn(`${run.job}: ${run.error}`);
}

function printView(output: Output, title: string, view: ReportView, timeZone: string): void {
  const [decisive, ...more] = view.summary.map((sentence) => say(sentence));
  output.line(decisive ? `${title}: ${decisive}` : title);
  for (const { title: caption, columns, rows } of view.tables) {
    if (caption) output.line(say(caption));
    output.table(
      columns.map((code) => english[code]),
      rows.map((row) => row.map((cell) => cellText(cell, timeZone))),
    );
  }
  for (const sentence of more) output.line(sentence);
  for (const sentence of view.leftOut) output.warn(say(sentence));
}

function cellText(cell: Cell, timeZone: string): string | number | null {
  if (cell === null || typeof cell !== 'object') return cell;
  if ('share' in cell) return cell.share === null ? null : `${(100 * cell.share).toFixed(1)} %`;
  if ('value' in cell) return cell.value.toFixed(cell.digits);
  if ('seconds' in cell) return `${cell.seconds.toFixed(1)} s`;
  if ('time' in cell) return formatLocal(new Date(cell.time), timeZone);
  return say(cell);
}
