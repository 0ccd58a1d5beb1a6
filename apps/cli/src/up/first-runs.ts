import { databaseTotals, listRuns, type Pool } from '@mycelium/database';
import { addDays, dayOf } from '@mycelium/farm';
import { latestSlot, type Queues, slotForDay } from '@mycelium/queue';
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

/** Each job once for yesterday, one after the other, with its report. What was done before is not done twice. */
export async function runEachJob({ pool, queues, timeZone, now, output, signal }: FirstRuns) {
  const yesterday = addDays(dayOf(now, timeZone), -1);
  const tables = await createTablesRun(pool);
  printRun(output, tables);
  const runs: Followed[] = [tables];
  const asked = [
    { job: 'daily_env_stats', slot: slotForDay('daily_env_stats', yesterday, timeZone) },
    { job: 'hourly_setpoint_monitoring', slot: latestSlot('hourly_setpoint_monitoring', timeZone, now) },
    { job: 'daily_clip_inference', slot: slotForDay('daily_clip_inference', yesterday, timeZone) },
  ] as const;
  for (const run of asked) {
    output.line();
    const followed = await followRun({ pool, queues }, { ...run, payload: {} }, output.bar(run.job), signal);
    printRun(output, followed);
    runs.push(followed);
  }
  const totals = await databaseTotals(pool);
  return { runs, totals };
}

/** The scheduler has done it when it started, before all else. */
async function createTablesRun(pool: Pool): Promise<Followed> {
  const [run] = await listRuns(pool, { job: 'create_tables', limit: 1 });
  const base = { job: 'create_tables', slot: run?.slot ?? new Date(0) } as const;
  if (run?.status !== 'succeeded') {
    return {
      ...base,
      seconds: 0,
      status: 'failed',
      error: run?.error ?? 'the scheduler has not run create_tables',
    };
  }
  const seconds = ((run.finishedAt?.getTime() ?? 0) - (run.startedAt?.getTime() ?? 0)) / 1_000;
  return { ...base, seconds, status: 'succeeded', report: run.report };
}
