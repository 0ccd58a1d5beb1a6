import type { Day, Only } from '@mycelium/farm';
import type { JobName } from '@mycelium/queue';
import type { StoreLook } from '../images/look-at-store.ts';

export type Reason = 'missing' | 'failed' | 'stale' | 'again';

/** One run of a backfill. */
export interface BackfillStep {
  job: JobName;
  day: Day;
  /** The scheduled time to run; null for a request for images of some rooms, which has no slot. */
  slot: Date | null;
  /** Rooms that need the run; empty if unknown, in which case the run covers all rooms. */
  rooms: string[];
  /** The most urgent one, if rooms have several. */
  reason: Reason;
  /** Images the run should embed, as far as the database knows; 0 for readings. */
  images: number;
  /** How many of these are released from quarantine first. */
  quarantined: number;
}

export interface BackfillRequest {
  job: JobName;
  /** First and last day, both included. */
  from: Day;
  to: Day;
  rooms?: readonly string[] | undefined;
  /** By default everything missing, failed or stale, but images in quarantine stay there. */
  only?: Only | undefined;
}

export interface BackfillPlan extends StoreLook {
  /** Oldest day first. */
  steps: BackfillStep[];
  /** The last day the plan covers; later days are not due. */
  until: Day;
  /**
   * When the store was listed for the plan; null for readings, and when it could not be listed. Then nights without a
   * successful run are planned whole.
   */
  lookedAt: Date | null;
  /** Images of these days that need a vector but are gone from the store. They are in quarantine. */
  gone: number;
  /** The key of the model whose vectors count; null for readings, or before the first model. */
  model: string | null;
}
