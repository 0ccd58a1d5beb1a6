export { closeAlert } from './alerts.ts';
export { lastDueDay, planBackfill } from './backfill/plan-backfill.ts';
export { type BackfillRuns, runBackfill } from './backfill/run-backfill.ts';
export { staleRooms } from './backfill/stale-rooms.ts';
export type {
  BackfillPlan,
  BackfillStep,
} from './backfill/steps.ts';
export { deleteReadings } from './delete-readings.ts';
export {
  countFailed,
  discardFailed,
  listFailed,
  retryFailed,
} from './failed-jobs.ts';
export { type Arrivals, createArrivals } from './images/arrivals.ts';
export { lookAtStore } from './images/look-at-store.ts';
export { wantedModel } from './images/wanted-model.ts';
export { watchImageFolder } from './images/watch-image-folder.ts';
export { backfillJobs } from './jobs-by-purpose.ts';
export { knownRooms } from './known-rooms.ts';
export type { Operations } from './operations.ts';
export { releaseFromQuarantine } from './quarantine.ts';
export { discardQuarantinedReadings, releaseQuarantinedReadings } from './reading-quarantine.ts';
export { retryRun } from './retry-run.ts';
export { knownJob, type QueuedRun, runJob } from './run-job.ts';
export { pauseSchedule, resumeSchedule } from './schedules.ts';
export { type ShownRun, showRun } from './show-run.ts';
