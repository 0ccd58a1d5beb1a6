import type { Job as BullJob } from 'bullmq';
import type { RunContext } from '../contract.ts';
import type { Job } from '../define-job.ts';
import { anyEnvelope, type Envelope, envelope, envelopeVersion, slotOf } from '../envelope.ts';
import { entryOf, isJobName, type JobName } from '../jobs.ts';
import type { RunKey } from '../ledger.ts';
import { runIdOf, runIdOfBatch } from '../run-id.ts';
import { failed, requeue, type Verdict } from './verdict.ts';

/** A job that this worker can handle. */
export interface Accepted {
  name: JobName;
  job: BullJob;
  token: string;
  entry: Job;
  handle: AnyHandler;
  payload: unknown;
  envelope: Envelope;
  /** Undefined for work outside the timetable, such as a batch. */
  run: RunKey | undefined;
  /** The id of the run, or of the run that the batch belongs to. */
  runId: string | undefined;
}

/** A handler with its types erased; `accept` has checked the payload. */
export type AnyHandler = (payload: unknown, context: RunContext) => Promise<unknown>;

/** Reads a job's data. A job that this worker does not understand is parked for one that does; it never fails. */
export function accept(handlers: object, job: BullJob, token: string): Accepted | Verdict {
  const { name } = job;
  const handle = findHandler(handlers, name);
  if (!isJobName(name) || !handle) return requeue('parked', `this worker does not know the job ${name}`);

  const { data: versioned } = anyEnvelope.safeParse(job.data);
  if (versioned && versioned.version > envelopeVersion) {
    return requeue('parked', `it has version ${versioned.version}, and this worker knows ${envelopeVersion}`);
  }
  const carried = envelope.safeParse(job.data);
  if (!carried.success) {
    return failed(new Error(`not a job of Mycelium: ${carried.error.message}`), true);
  }
  const entry = entryOf(name);
  const payload = entry.payload.safeParse(carried.data.payload);
  if (!payload.success) {
    // Unknown fields come from a newer program, so leave the job for that program.
    const isNewer = payload.error.issues.every(({ code }) => code === 'unrecognized_keys');
    return isNewer
      ? requeue('parked', `a newer program enqueued it: ${payload.error.message}`)
      : failed(payload.error, true);
  }
  const slot = slotOf(job, carried.data);
  const run = slot && { job: name, slot };
  const runId = slot ? runIdOf(name, slot) : runIdOfBatch(job);
  return { name, job, token, entry, handle, payload: payload.data, envelope: carried.data, run, runId };
}

function findHandler(handlers: object, name: string): AnyHandler | undefined {
  return Object.hasOwn(handlers, name) ? (Reflect.get(handlers, name) as AnyHandler) : undefined;
}
