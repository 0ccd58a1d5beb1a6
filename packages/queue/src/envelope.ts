import type { Job as BullJob } from 'bullmq';
import { z } from 'zod';

export const causes = ['schedule', 'catch-up', 'manual', 'backfill'] as const;
export type Cause = (typeof causes)[number];

/** The version of the envelope that this program writes. A worker parks jobs with a newer one. */
export const envelopeVersion = 1;

/** The data of a job in Redis: only ids, never secrets or measurements. */
export const envelope = z.object({
  version: z.int().min(1),
  cause: z.enum(causes),
  /** Who requested it: `schedule`, `operator NAME`, `cli USER@HOST`. Absent in jobs of older programs. */
  by: z.string().max(200).optional(),
  /** The scheduled time. Absent in jobs added by BullMQ's scheduler, whose own firing time is the slot. */
  slot: z.iso.datetime().optional(),
  payload: z.unknown(),
  /** The progress of planning its batches, and the batches to enqueue next. */
  planning: z.object({ soFar: z.unknown(), batches: z.array(z.unknown()) }).optional(),
  /**
   * The result of planning its batches. Once present, all batches are in Redis, and they are done when the job wakes.
   */
  plan: z.unknown().optional(),
});
export type Envelope = z.output<typeof envelope>;

/** In a newer program's envelope, only the version can be relied on. */
export const anyEnvelope = z.looseObject({ version: z.int().min(1) });

/** A job's name in the ledger. Seeing the same name again means a redelivery, whatever its slot. */
export function requestOf({ id, timestamp }: Pick<BullJob, 'id' | 'timestamp'>): string {
  return `${id}#${timestamp}`;
}

/** The scheduled time of a job; undefined outside the timetable, for instance for a batch. */
export function slotOf(job: Pick<BullJob, 'opts'>, { slot }: Pick<Envelope, 'slot'>): Date | undefined {
  if (slot) return new Date(slot);
  return job.opts.prevMillis ? new Date(job.opts.prevMillis) : undefined;
}
