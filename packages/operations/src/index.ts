export { closeAlert } from './alerts.ts';
export { lastDueDay, planBackfill } from './backfill/plan-backfill.ts';
export { runBackfill } from './backfill/run-backfill.ts';
export { staleRooms } from './backfill/stale-rooms.ts';
export {
  type BackfillPlan,
  type BackfillRequest,
  type BackfillStep,
  type Only,
  onlyChoices,
  type Reason,
} from './backfill/steps.ts';
export {
  countFailed,
  discardFailed,
  type FailedChoice,
  type FailedJob,
  listFailed,
  retryFailed,
} from './failed-jobs.ts';
export { lookAtStore, type StoreLook } from './images/look-at-store.ts';
export { wantedModel } from './images/wanted-model.ts';
export { backfillJobs } from './jobs-by-purpose.ts';
export type { Operations } from './operations.ts';
export { type Released, releaseFromQuarantine } from './quarantine.ts';
export { retryRun } from './retry-run.ts';
export { type JobToRun, type QueuedRun, runJob } from './run-job.ts';
export { pauseSchedule, resumeSchedule } from './schedules.ts';
