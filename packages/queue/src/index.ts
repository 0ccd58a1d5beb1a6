export { type Canary, sendCanaries, waitingCanaries } from './canary.ts';
export type { Handler, Handlers, Log, RunContext } from './contract.ts';
export type { BackfillBasis, CatchUp, Job, Trigger } from './define-job.ts';
export type { Cause } from './envelope.ts';
export {
  backfillJob,
  checkedPayload,
  entryOf,
  factsOf,
  imageJobs,
  isJobName,
  type JobName,
  jobNames,
  jobs,
  type Payload,
  type PayloadInput,
  type QueueName,
  queueNames,
  type Result,
  retentionJob,
  scheduledJobs,
  startupJob,
  viewOf,
} from './jobs.ts';
export type { Ledger } from './ledger.ts';
export type { Dependency } from './pipeline/breaker.ts';
export { createQueues, type Queues } from './queues.ts';
export { connect, primariesOf, type QueueConnection } from './redis/connection.ts';
export type { ReportFacts } from './reports/facts.ts';
export { findRequestedJob } from './requested-job.ts';
export { readRunId, runIdOf } from './run-id.ts';
export {
  accountForSlots,
  catchUpDays,
  misfireGraceSeconds,
} from './timetable/account-for-slots.ts';
export { syncSchedules } from './timetable/schedules.ts';
export {
  enqueueSlot,
  hasLiveBatch,
  slotIsQueued,
  whyDeadLettered,
} from './timetable/slot-jobs.ts';
export { latestSlot, scheduleOf, slotForDay } from './timetable/slots.ts';
export { timetable } from './timetable/timetable.ts';
export { type RunningWorker, startWorker } from './worker.ts';
