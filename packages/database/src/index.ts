export {
  addDescriptionCost,
  type DescriptionCost,
  type DescriptionRow,
  type EmbeddingRow,
  imagesToDescribe,
  settleDescription,
  undescribedImages,
  updateDescriptions,
  upsertEmbeddings,
  wantDescriptions,
} from './images/embeddings.ts';
export {
  type ImageDay,
  type ImageToEmbed,
  imageDays,
  imagesToEmbed,
  quarantinedKeys,
} from './images/image-days.ts';
export {
  countImages,
  databaseTotals,
  type ImageRow,
  imageIds,
  pendingKeys,
  type RecordedImage,
  type Replacement,
  recordedImages,
  recordListed,
  setBrightness,
  updateReplaced,
  upsertImages,
} from './images/images.ts';
export { activeModel, ensureModel, listModels, useModel } from './images/models.ts';
export {
  badKeyReason,
  listQuarantine,
  missingReason,
  type QuarantineRow,
  quarantine,
  releaseFromQuarantine,
} from './images/quarantine.ts';
export { type Found, findImageVector, type SearchFilter, searchImages } from './images/search.ts';
export { newestBatch, timeLapseImages } from './images/time-lapse.ts';
export {
  type AlertRow,
  alertsToSend,
  type Condition,
  clearAlert,
  listOpenAlerts,
  markSent,
  openAlert,
  postponeSending,
  rewordAlert,
} from './ledger/alerts.ts';
export { type Attempt, listAttempts } from './ledger/attempts.ts';
export { audit } from './ledger/audit.ts';
export { dismissAlert } from './ledger/dismiss-alert.ts';
export {
  clocksAhead,
  forgetDeadProcesses,
  type HeartbeatRow,
  listHeartbeats,
  processesWithoutBlocks,
  recordHeartbeat,
  startHeartbeat,
} from './ledger/heartbeats.ts';
export { commit, FencedError, type Lease, takeLease } from './ledger/lease.ts';
export { accountForSlot, createLedger, failRun } from './ledger/ledger.ts';
export { forgetRequeued, listRequeued, type RequeuedRow } from './ledger/requeued.ts';
export { findListedRun, type ListedRun, runPage } from './ledger/run-list.ts';
export { findRunRequest, knownRuns } from './ledger/run-lookup.ts';
export {
  findRun,
  listRuns,
  listWaitingRuns,
  markIdle,
  type RunRow,
  slotOutcomes,
  unattendedRuns,
} from './ledger/runs.ts';
export {
  listSchedules,
  pausedSchedules,
  pauseSchedule,
  rememberSchedule,
  resumeSchedule,
  setAccountedUntil,
} from './ledger/schedules.ts';
export { type Takeover, watchTimeline } from './ledger/timeline.ts';
export { checkFit, knownMigrations, migrate, verifySchema } from './migrate.ts';
export { createPool, type Pool, type PoolClient, type Queryable, transaction } from './pool.ts';
export { countOld, type Kept, prune } from './prune.ts';
export { listBands } from './readings/bands.ts';
export { countReadings, deleteReadings } from './readings/delete-readings.ts';
export {
  climateSensors,
  type EnvPoint,
  envPoints,
  type LastValue,
  lastValues,
  replaceEnvStats,
  statsOfDay,
  statsOfRoom,
  usualGaps,
} from './readings/env-stats.ts';
export {
  type ColumnKind,
  type EnvStatsRow,
  envStatsColumns,
} from './readings/env-stats-columns.ts';
export { environmentAt } from './readings/environment.ts';
export {
  changesBetween,
  readingsBetween,
} from './readings/exports.ts';
export { growthDays } from './readings/growth-days.ts';
export {
  closeReadings,
  forgetLate,
  type LateReadings,
  lateReadings,
  markLate,
  type Settled,
  staleDays,
} from './readings/late-readings.ts';
export { justAfter, newestReadings } from './readings/newest-readings.ts';
export {
  ensurePartitions,
  ensurePartitionsAhead,
  readingsDroppedUntil,
} from './readings/partitions.ts';
export { createPointDirectory } from './readings/point-directory.ts';
export {
  type BandVersion,
  bandVersions,
  type PointRule,
  pointRules,
  setBand,
  setPointRule,
} from './readings/point-rules.ts';
export {
  ensurePoints,
  listPoints,
  type Point,
  type PointKind,
} from './readings/points.ts';
export {
  discardReadings,
  listReadingQuarantine,
  type QuarantinedReadings,
  type ReadingSelection,
  releaseReadings,
} from './readings/reading-quarantine.ts';
export { type BlockSummary, streamReadings, summarizeReadings } from './readings/reading-stream.ts';
export { type Copied, type Counts, copyReadings, type Reading } from './readings/readings.ts';
export {
  type KnownSensor,
  knownSensors,
  type ObservedDay,
  observedDays,
  type SensorVersion,
  saveObserved,
  sensorRules,
  sensorVersions,
  setSensorRule,
} from './readings/sensors.ts';
export type { Series } from './readings/series.ts';
export {
  changesFoundBy,
  type FoundChanges,
  moveWatermarks,
  replaceChanges,
  reportedBefore,
  type SetpointChange,
  type SetpointRoom,
  setpointPoints,
  setpointRooms,
  type ThresholdRule,
  thresholdRules,
  type Window,
} from './readings/setpoints.ts';
export { type Settling, settleReadings } from './readings/settle.ts';
export { listRooms } from './rooms.ts';
export {
  brokenIndexes,
  hasDeletionFault,
  mendIndex,
  pgvectorVersion,
  type RebuiltIndexes,
  rebuildForTextOrder,
  rebuildVectorIndexes,
  textOrderChange,
} from './upkeep.ts';
