import { audit } from '@mycelium/database';
import { type Day, dayBounds } from '@mycelium/farm';
import {
  checkedPayload,
  enqueueSlot,
  entryOf,
  type JobName,
  jobNames,
  latestSlot,
  slotForDay,
} from '@mycelium/queue';
import { Refusal } from '@mycelium/words';
import { knownRooms } from './known-rooms.ts';
import type { Operations } from './operations.ts';

export interface JobToRun {
  job: string;
  /** The day it should work on. */
  day?: Day | undefined;
  /** A scheduled time. Default without a day or a slot: the newest slot that is due. */
  slot?: Date | undefined;
  payload?: object | undefined;
}

/** A queued run. */
export interface QueuedRun {
  job: JobName;
  slot: Date;
  /** The id of the queue's job. */
  id: string;
}

/** Queues one run of a job. @throws Refusal */
export async function runJob(ops: Operations, asked: JobToRun): Promise<QueuedRun> {
  const { pool, queues, clock, actor } = ops;
  const job = knownJob(asked.job);
  const slot = slotToRun(ops, job, asked);
  const payload = await withKnownRooms(ops, payloadToRun(job, asked));
  const { day } = asked;
  const detail = { slot, ...(day && { day }), ...(Object.keys(payload).length > 0 && { payload }) };
  await audit(pool, { actor, action: 'run', subject: job, detail });
  const { id } = await enqueueSlot(queues, job, slot, 'manual', checkedPayload(job, payload), {
    by: ops.by,
    now: clock(),
  });
  return { job, slot, id: id as string };
}

/** @throws Refusal when the name is not one of these jobs */
export function knownJob(name: string, among: readonly JobName[] = jobNames): JobName {
  const found = among.find((job) => job === name);
  if (!found) throw new Refusal('invalid', 'refused.no-job-among', { job: name, jobs: among.join(', ') });
  return found;
}

/**
 * The slot for a day that is over, if the slot is due. An earlier run would process half a day, and the ledger would
 * mistake it for the scheduled run.
 */
export function slotOfDay(
  { timeZone, clock }: Pick<Operations, 'timeZone' | 'clock'>,
  job: JobName,
  day: Day,
) {
  const now = clock();
  if (dayBounds(day, timeZone).end > now) throw new Refusal('invalid', 'refused.day-not-over', { day });
  const slot = slotForDay(job, day, timeZone);
  if (slot > now)
    throw new Refusal('invalid', 'refused.slot-not-due', { job, day, slot: slot.toISOString() });
  return slot;
}

function slotToRun(ops: Operations, job: JobName, { day, slot }: JobToRun): Date {
  const { timeZone, clock } = ops;
  const now = clock();
  if (day && slot) throw new Refusal('invalid', 'refused.day-and-slot');
  if (!entryOf(job).schedule) {
    if (slot) throw new Refusal('invalid', 'refused.no-slots', { job });
    if (day && dayBounds(day, timeZone).start > now)
      throw new Refusal('invalid', 'refused.day-not-over', { day });
    return now;
  }
  if (day) return slotOfDay(ops, job, day);
  if (!slot) return latestSlot(job, timeZone, now);
  if (slot > now) throw new Refusal('invalid', 'refused.future-slot', { slot: slot.toISOString() });
  const previous = latestSlot(job, timeZone, slot);
  if (previous.getTime() !== slot.getTime()) {
    const times = { slot: slot.toISOString(), previous: previous.toISOString() };
    throw new Refusal('invalid', 'refused.not-a-slot', { job, ...times });
  }
  return slot;
}

async function withKnownRooms(ops: Operations, payload: { rooms?: string[] }) {
  return payload.rooms ? { ...payload, rooms: await knownRooms(ops, payload.rooms) } : payload;
}

function payloadToRun(job: JobName, { day, payload }: JobToRun): object {
  const entry = entryOf(job);
  const parses = (value: object) => entry.payload.safeParse(value).success;
  if (payload) {
    const { error } = entry.payload.safeParse(payload);
    if (error) throw new Refusal('invalid', 'refused.invalid', { detail: error.issues[0]?.message ?? '' });
    return payload;
  }
  if (parses({})) {
    if (day && !entry.schedule) throw new Refusal('invalid', 'refused.no-day', { job });
    return {};
  }
  if (day && parses({ day })) return { day };
  const code = entry.asksForDay ? 'refused.needs-day' : 'refused.not-runnable';
  throw new Refusal('invalid', code, { job });
}
