import type { Job as BullJob } from 'bullmq';
import { z } from 'zod';

export const causes = ['schedule', 'catch-up', 'manual', 'backfill'] as const;
export type Cause = (typeof causes)[number];

/** This program's version of what a job carries in Redis. A worker parks a newer one. */
export const envelopeVersion = 1;

/** What a job carries in Redis: ids only, never a secret and never data. */
export const envelope = z.object({
  version: z.int().min(1),
  cause: z.enum(causes),
  /** Who asked: `schedule`, `operator NAME`, `cli USER@HOST`. Absent in jobs of older programs. */
  by: z.string().max(200).optional(),
  /** The scheduled time. A job that BullMQ's scheduler adds has none: its own firing time is the slot. */
  slot: z.iso.datetime().optional(),
  payload: z.unknown(),
  /** How far the planning of its batches has come, and the batches to enqueue next. */
  planning: z.object({ soFar: z.unknown(), batches: z.array(z.unknown()) }).optional(),
  /** The result of planning its batches. Once it is here, they are in Redis, and done when the job wakes. */
  plan: z.unknown().optional(),
});
export type Envelope = z.output<typeof envelope>;

/** Only the version of what a newer program enqueued can be relied on. */
export const anyEnvelope = z.looseObject({ version: z.int().min(1) });

/** A job's name in the ledger: the same one again is a redelivery, whatever its slot. */
export function requestOf({ id, timestamp }: Pick<BullJob, 'id' | 'timestamp'>): string {
  return `${id}#${timestamp}`;
}

/** The scheduled time of a job; undefined outside the timetable, for instance for a batch. */
export function slotOf(job: Pick<BullJob, 'opts'>, { slot }: Pick<Envelope, 'slot'>): Date | undefined {
  if (slot) return new Date(slot);
  return job.opts.prevMillis ? new Date(job.opts.prevMillis) : undefined;
}
