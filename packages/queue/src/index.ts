export {
  type Accounted,
  accountForSlots,
  catchUpDays,
  type DueSlot,
  misfireGraceSeconds,
} from './account-for-slots.ts';
export type { Dependency } from './breaker.ts';
export { connect, primariesOf, type QueueConnection } from './connection.ts';
export type { CatchUp, Job } from './define-job.ts';
export { type Cause, causes } from './envelope.ts';
export {
  findJob,
  type JobName,
  type Jobs,
  jobNames,
  jobs,
  type Payload,
  type QueueName,
  queueNames,
  type Result,
} from './jobs.ts';
export type { Begun, Lease, Ledger, Outcome, RunKey } from './ledger.ts';
export { createQueues, type Queues, slotJobId } from './queues.ts';
export { enqueueSlot, scheduledJobs, slotIsQueued, syncSchedules, whySetAside } from './schedules.ts';
export { latestSlot, slotForDay } from './slots.ts';
export { type TimetableRow, timetable } from './timetable.ts';
export {
  type Handler,
  type Handlers,
  type Log,
  type Run,
  type RunContext,
  type RunningWorker,
  startWorker,
} from './worker.ts';
