import { databaseTotals, listRuns, type Pool } from '@mycelium/database';
import { backfillJobs, runJob } from '@mycelium/operations';
import { startupJob } from '@mycelium/queue';
import type { Connections } from '../connections.ts';
import { type Followed, followRun } from '../follow-run.ts';
import { operationsOf } from '../operations.ts';
import type { Output } from '../output.ts';
import { printRun } from '../reports.ts';

interface FirstRuns {
  connections: Connections;
  output: Output;
  signal: AbortSignal;
}

/** Runs each job for its newest slot, one after another, and prints the reports. Does not rerun finished slots. */
export async function runEachJob({ connections, output, signal }: FirstRuns) {
  const { pool } = connections;
  const ops = operationsOf(connections);
  const { timeZone } = ops;
  const tables = await createTablesRun(pool);
  printRun(output, tables, timeZone);
  const runs: Followed[] = [tables];
  for (const job of backfillJobs) {
    output.line();
    const followed = await followRun(connections, await runJob(ops, { job }), output.bar(job), signal);
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
