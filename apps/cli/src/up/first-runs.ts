import { databaseTotals, listRuns, type Pool } from '@mycelium/database';
import { backfillJobs } from '@mycelium/operations';
import { checkedPayload, enqueueSlot, latestSlot, type Queues, startupJob } from '@mycelium/queue';
import { type Followed, followRun } from '../follow-run.ts';
import type { Output } from '../output.ts';
import { printRun } from '../reports.ts';

interface FirstRuns {
  pool: Pool;
  queues: Queues;
  timeZone: string;
  now: Date;
  output: Output;
  signal: AbortSignal;
}

/** Runs each job for its newest slot, one after another, and prints the reports. Does not rerun finished slots. */
export async function runEachJob({ pool, queues, timeZone, now, output, signal }: FirstRuns) {
  const tables = await createTablesRun(pool);
  printRun(output, tables, timeZone);
  const runs: Followed[] = [tables];
  for (const job of backfillJobs) {
    output.line();
    const slot = latestSlot(job, timeZone, now);
    const { id } = await enqueueSlot(queues, job, slot, 'manual', checkedPayload(job, {}));
    const followed = await followRun(
      { pool, queues },
      { job, slot, id: id as string },
      output.bar(job),
      signal,
    );
    printRun(output, followed, timeZone);
    runs.push(followed);
  }
  const totals = await databaseTotals(pool);
  return { runs, totals };
}

/** The scheduler runs it on startup, before anything else. */
async function createTablesRun(pool: Pool): Promise<Followed> {
  const [run] = await listRuns(pool, { job: startupJob, limit: 1 });
  const base = { job: startupJob, slot: run?.slot ?? new Date(0) } as const;
  if (run?.status !== 'succeeded') {
    return {
      ...base,
      seconds: 0,
      status: 'failed',
      error: run?.error ?? `the scheduler has not run ${startupJob}`,
    };
  }
  const seconds = ((run.finishedAt?.getTime() ?? 0) - (run.startedAt?.getTime() ?? 0)) / 1_000;
  return { ...base, seconds, status: 'succeeded', report: run.report };
}
