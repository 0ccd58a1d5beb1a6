export { commit, FencedError, type Lease, releaseLease, renewLease, takeLease } from './lease.ts';
export { migrate, SchemaError, verifySchema } from './migrate.ts';
export { createPool, type Pool, type Queryable, transaction } from './pool.ts';
export {
  accountForSlot,
  createLedger,
  findRun,
  knownSlots,
  listRuns,
  type RunRow,
  unattendedRuns,
} from './runs.ts';
export {
  pausedSchedules,
  pauseSchedule,
  rememberSchedule,
  resumeSchedule,
  type ScheduleRow,
  setAccountedUntil,
} from './schedules.ts';
