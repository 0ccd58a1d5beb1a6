import type { Job as BullJob } from 'bullmq';
import { z } from 'zod';

export const causes = ['schedule', 'catch-up', 'manual', 'backfill'] as const;
export type Cause = (typeof causes)[number];

/** This program's version of what a job carries in Redis. A worker parks what is newer than it knows. */
export const envelopeVersion = 1;

/** What a job carries in Redis: ids only, never a secret and never data. */
export const envelope = z.object({
  version: z.int().min(1),
  cause: z.enum(causes),
  /** Who asked: `schedule`, `operator NAME`, `cli USER@HOST`. Absent in jobs of older programs. */
  by: z.string().max(200).optional(),
  /** The scheduled time. A job that a schedule put there has none: its own firing time is the slot. */
  slot: z.iso.datetime().optional(),
  payload: z.unknown(),
  /** How far planning its batches has come, and the batches that were to be put into Redis next. */
  planning: z.object({ soFar: z.unknown(), batches: z.array(z.unknown()) }).optional(),
  /** What planning its batches came to. With it, they are in Redis, and done when the job wakes again. */
  plan: z.unknown().optional(),
});
export type Envelope = z.output<typeof envelope>;

/** Of what a newer program put in, no more than the version can be relied on. */
export const anyEnvelope = z.looseObject({ version: z.int().min(1) });

/** A job's name in the ledger: the same one again is a redelivery, whatever its slot. */
export function requestOf({ id, timestamp }: Pick<BullJob, 'id' | 'timestamp'>): string {
  return `${id}#${timestamp}`;
}

/** The scheduled time of a job; undefined for a job outside the timetable, such as a batch. */
export function slotOf(job: Pick<BullJob, 'opts'>, { slot }: Pick<Envelope, 'slot'>): Date | undefined {
  if (slot) return new Date(slot);
  return job.opts.prevMillis ? new Date(job.opts.prevMillis) : undefined;
}
