import type { Queryable } from '@mycelium/database';
import { jobNames, jobs } from '@mycelium/queue';
import { z } from 'zod';

/** A point that flaps, with its number of changes in the window that ended at `to`. */
export interface FlappingPoint {
  name: string;
  changes: number;
  to: Date;
}

const watchers = jobNames.filter((name) => {
  const job: { backfill?: string } = jobs[name];
  return job.backfill === 'setpoints';
});
const report = z.object({
  to: z.coerce.date(),
  rooms: z.array(
    z.object({
      room: z.string(),
      points: z.array(z.object({ name: z.string(), changes: z.number(), flapping: z.boolean() })),
    }),
  ),
});

/** The points of a room that flapped in the newest run of setpoint monitoring. */
export async function flappingPoints(db: Queryable, room: string): Promise<FlappingPoint[]> {
  const { rows } = await db.query<{ report: unknown }>(
    `select report from runs where job = any($1) and status = 'succeeded' order by slot desc limit 1`,
    [watchers],
  );
  const read = report.safeParse(rows[0]?.report);
  if (!read.success) return [];
  const { to, rooms } = read.data;
  return rooms
    .filter((one) => one.room === room)
    .flatMap(({ points }) => points)
    .filter(({ flapping }) => flapping)
    .map(({ name, changes }) => ({ name, changes, to }));
}
