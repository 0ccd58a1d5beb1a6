export {
  type Accounted,
  accountForSlots,
  catchUpDays,
  type DueSlot,
  misfireGraceSeconds,
} from './account-for-slots.ts';
export type { Dependency } from './breaker.ts';
export { connect, primariesOf, type QueueConnection } from './connection.ts';
export type { Handler, Handlers, Log, Run, RunContext } from './contract.ts';
export type { BackfillBasis, CatchUp, Job, Trigger } from './define-job.ts';
export { type Cause, causes } from './envelope.ts';
export {
  backfillJob,
  checkedPayload,
  entryOf,
  factsOf,
  findJob,
  imageJobs,
  isJobName,
  type JobName,
  type Jobs,
  jobNames,
  jobs,
  type Payload,
  type PayloadInput,
  type QueueName,
  queueNames,
  type Result,
  scheduledJobs,
  startupJob,
  viewOf,
} from './jobs.ts';
export type { Begun, Lease, Ledger, Outcome, RunKey } from './ledger.ts';
export { createQueues, type Queues, slotJobId } from './queues.ts';
export type { ReportFacts } from './report-facts.ts';
export { findRequestedJob } from './requested-job.ts';
export {
  enqueueSlot,
  hasLiveBatch,
  SlotNotDue,
  slotIsQueued,
  syncSchedules,
  whySetAside,
} from './schedules.ts';
export { latestSlot, scheduleOf, slotForDay } from './slots.ts';
export { type TimetableRow, timetable } from './timetable.ts';
export { type RunningWorker, startWorker } from './worker.ts';
