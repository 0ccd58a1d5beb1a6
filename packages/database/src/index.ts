export {
  type AlertRow,
  type Condition,
  clearAlert,
  listOpenAlerts,
  markTold,
  openAlert,
  postponeTelling,
  rewordAlert,
  untoldAlerts,
} from './alerts.ts';
export { type BandRule, listBands } from './bands.ts';
export {
  type DescriptionRow,
  type EmbeddingRow,
  imagesToDescribe,
  settleDescription,
  undescribedImages,
  updateDescriptions,
  upsertEmbeddings,
  wantDescriptions,
} from './embeddings.ts';
export {
  closeEnvStats,
  type EnvPoint,
  type EnvStatsRow,
  envPoints,
  growthDays,
  type Metric,
  replaceEnvStats,
  streamReadings,
  usualGaps,
} from './env-stats.ts';
export { environmentAt } from './environment.ts';
export {
  changesBetween,
  type ExportedChange,
  readingsBetween,
  type StatsOfDay,
  statsOfDay,
} from './exports.ts';
export {
  clocksAhead,
  forgetDeadProcesses,
  type HeartbeatRow,
  listHeartbeats,
  type Process,
  recordHeartbeat,
  startHeartbeat,
} from './heartbeats.ts';
export { databaseTotals, type ImageRow, imageIds, pendingDays, pendingKeys, upsertImages } from './images.ts';
export { forgetLate, type LateReadings, lateReadings } from './late-readings.ts';
export { commit, FencedError, type Lease, releaseLease, renewLease, takeLease } from './lease.ts';
export { migrate, SchemaError, verifySchema } from './migrate.ts';
export { activeModel, ensureModel, listModels, type StoredModel, useModel } from './models.ts';
export {
  dropPartitionsBefore,
  ensurePartitions,
  ensurePartitionsAhead,
  readingsDroppedUntil,
} from './partitions.ts';
export {
  createPointDirectory,
  type NamedPoint,
  type PointDirectory,
  wrongName,
} from './point-directory.ts';
export {
  type BandVersion,
  bandVersions,
  type PointRule,
  pointRules,
  setBand,
  setPointRule,
} from './point-rules.ts';
export {
  deviceTypeOf,
  ensurePoints,
  listPoints,
  type NewPoint,
  type Point,
  type PointKind,
  type PointName,
  pointIds,
  pointKey,
} from './points.ts';
export { createPool, type Pool, type PoolClient, type Queryable, transaction } from './pool.ts';
export { countOld, type Kept, type Pruned, prune } from './prune.ts';
export { listQuarantine, type QuarantineRow, quarantine, releaseFromQuarantine } from './quarantine.ts';
export { type Copied, copyReadings, isReadingTime, type Reading } from './readings.ts';
export {
  accountForSlot,
  createLedger,
  failRun,
  findRun,
  knownSlots,
  listRuns,
  type RunRow,
  type SlotOutcomes,
  slotOutcomes,
  unattendedRuns,
} from './runs.ts';
export {
  listSchedules,
  pausedSchedules,
  pauseSchedule,
  rememberSchedule,
  resumeSchedule,
  type ScheduleRow,
  setAccountedUntil,
} from './schedules.ts';
export { type Found, findImageVector, searchImages } from './search.ts';
export type { Series } from './series.ts';
export {
  changesFoundBy,
  closeSetpoints,
  type FoundChanges,
  moveWatermarks,
  replaceChanges,
  reportedBefore,
  type SetpointChange,
  type SetpointRoom,
  setpointPoints,
  setpointRooms,
  streamSteps,
  type ThresholdRule,
  thresholdRules,
  type Window,
} from './setpoints.ts';
