export {
  type DescriptionRow,
  type EmbeddingRow,
  imagesToDescribe,
  updateDescriptions,
  upsertEmbeddings,
} from './embeddings.ts';
export { environmentAt } from './environment.ts';
export { databaseTotals, type ImageRow, imageIds, pendingKeys, upsertImages } from './images.ts';
export { commit, FencedError, type Lease, releaseLease, renewLease, takeLease } from './lease.ts';
export { migrate, SchemaError, verifySchema } from './migrate.ts';
export { activeModel, ensureModel, listModels, type StoredModel, useModel } from './models.ts';
export { createPool, type Pool, type PoolClient, type Queryable, transaction } from './pool.ts';
export { listQuarantine, type QuarantineRow, quarantine, releaseFromQuarantine } from './quarantine.ts';
export {
  accountForSlot,
  createLedger,
  failRun,
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
export { type Found, findImageVector, searchImages } from './search.ts';
