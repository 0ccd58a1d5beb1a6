import { formatLocal } from '@mycelium/farm';
import type { ShownRun } from '@mycelium/operations';
import type { Output } from './output.ts';
import { printRun } from './reports.ts';
import type { LogLine } from './run-logs.ts';

/** @param lines of its log; undefined if they were not asked for or there are none here */
export function printShownRun(output: Output, run: ShownRun, timeZone: string, lines?: LogLine[]): void {
  const local = (instant: Date | string | null) => (instant ? formatLocal(new Date(instant), timeZone) : '–');
  const facts: [string, unknown][] = [
    ['run', run.run],
    ['slot', local(run.slot)],
    ['status', run.status],
    ['cause', run.cause],
    ['started', local(run.startedAt)],
    ['finished', local(run.finishedAt)],
    ['worker', run.worker ?? '–'],
    [
      'job',
      run.queued ? `${run.queued.id} in ${run.queued.queue}, ${run.queued.state}` : 'no longer in the queue',
    ],
  ];
  for (const [name, value] of facts) output.line(`${name.padEnd(9)} ${value}`);
  if (run.report || run.error) printRun(output, run, timeZone);
  output.line('\nAttempts');
  output.table(
    ['#', 'started', 'ended', 'outcome', 'worker', 'error'],
    run.history.map(({ attempt, startedAt, endedAt, outcome, worker, error }) => [
      ...[
        attempt,
        local(startedAt),
        local(endedAt),
        outcome ?? 'running',
        worker,
        error?.split('\n')[0] ?? '',
      ],
    ]),
    ['worker', 'ended'],
  );
  for (const line of run.queued?.logs ?? []) output.line(`  ${line}`);
  if (!lines) return;
  output.line('\nLog');
  for (const { timestamp, service, level, message } of lines)
    output.line(`${local(timestamp)} ${service.padEnd(16)} ${level.padEnd(5)} ${message}`);
  if (lines.length === 0) output.line('(no line about it)');
}
