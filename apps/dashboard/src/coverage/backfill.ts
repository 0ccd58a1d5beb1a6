import { type Pool, releaseFromQuarantine } from '@mycelium/database';
import type { Day } from '@mycelium/farm';
import { enqueueSlot, type Queues, slotForDay } from '@mycelium/queue';
import type { CoverageRow } from './coverage.ts';

/** What is to be made good: `failed` are images set aside. */
export type Only = 'missing' | 'failed' | 'stale' | 'all';

export interface BackfillStep {
  job: 'embed_images' | 'daily_env_stats';
  day: Day;
  /** Of images; statistics are of all rooms. */
  rooms: string[];
  /** Images it should bring; for statistics 0. */
  images: number;
}

/** The images to be done, one run a day for the rooms that lack some. The dry run is this plan and nothing else. */
export function planImages(rows: CoverageRow[], only: Only): BackfillStep[] {
  const steps = new Map<Day, BackfillStep>();
  for (const { room, cells } of rows) {
    for (const cell of cells) {
      const counts = { missing: cell.missing, failed: cell.quarantined, stale: cell.stale };
      const images = only === 'all' ? counts.missing + counts.failed + counts.stale : counts[only];
      if (images === 0) continue;
      const step = steps.get(cell.day) ?? { job: 'embed_images', day: cell.day, rooms: [], images: 0 };
      steps.set(cell.day, { ...step, rooms: [...step.rooms, room], images: step.images + images });
    }
  }
  return [...steps.values()].sort((a, b) => a.day.localeCompare(b.day));
}

/** The days whose readings are not all in the statistics. Computing a day again changes only what is wrong. */
export function planStats(rows: CoverageRow[], only: Only): BackfillStep[] {
  const days = new Set<Day>();
  for (const { cells } of rows) {
    for (const { day, readings } of cells) if (only === 'all' || readings === null) days.add(day);
  }
  return [...days].sort().map((day) => ({ job: 'daily_env_stats', day, rooms: [], images: 0 }));
}

/**
 * Puts the plan into the queue. A step that still waits there is not put in a second time.
 * @returns how many runs were asked for
 */
export async function backfill(
  steps: BackfillStep[],
  {
    pool,
    queues,
    timeZone,
    now,
    only,
  }: { pool: Pool; queues: Queues; timeZone: string; now: Date; only: Only },
): Promise<number> {
  for (const [n, step] of steps.entries()) {
    if (step.job === 'daily_env_stats') {
      await enqueueSlot(queues, step.job, slotForDay(step.job, step.day, timeZone), 'backfill', {});
      continue;
    }
    if (only === 'failed' || only === 'all') await releaseDay(pool, step);
    const jobId = `backfill-${step.day}-${step.rooms.join('-')}`;
    const old = await queues.of(step.job).getJob(jobId);
    if (old && ((await old.isCompleted()) || (await old.isFailed()))) await old.remove();
    // Runs are told apart by their slots: a millisecond will do.
    const slot = new Date(now.getTime() + n);
    const payload = { day: step.day, rooms: step.rooms };
    await queues.enqueue(step.job, payload, { slot, cause: 'backfill', jobId });
  }
  return steps.length;
}

async function releaseDay(pool: Pool, { day, rooms }: BackfillStep): Promise<void> {
  const { rows } = await pool.query<{ key: string }>(
    'select quarantine.key from quarantine join image using (key) where day = $1 and room = any($2)',
    [day, rooms],
  );
  await releaseFromQuarantine(
    pool,
    rows.map(({ key }) => key),
  );
}
