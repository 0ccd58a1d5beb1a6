import type { Day } from '@mycelium/farm';
import type { JobName } from '@mycelium/queue';

/** `failed` of images are those in quarantine. */
export const onlyChoices = ['missing', 'failed', 'stale', 'all'] as const;
export type Only = (typeof onlyChoices)[number];
export type Reason = 'missing' | 'failed' | 'stale' | 'again';

/** One run of a backfill. */
export interface BackfillStep {
  job: JobName;
  day: Day;
  /** The scheduled time that is run; null for a request of images of some rooms, which has none. */
  slot: Date | null;
  /** Rooms that need the run; empty where that is not known: the run looks at all of them. */
  rooms: string[];
  /** The most pressing one, where rooms have several. */
  reason: Reason;
  /** Images the run should embed; 0 for readings. */
  images: number;
  /** Of these, images that are released from quarantine first. */
  quarantined: number;
}

export interface BackfillRequest {
  job: JobName;
  /** First and last day, both included. */
  from: Day;
  to: Day;
  rooms?: readonly string[] | undefined;
  /** Without it: what is missing, failed or stale; images in quarantine stay there. */
  only?: Only | undefined;
}

export interface BackfillPlan {
  /** Oldest day first. */
  steps: BackfillStep[];
  /** The last day the plan covers: days after it are not due. */
  until: Day;
  /** When the store was listed for it; null for readings, and where no store is set. */
  lookedAt: Date | null;
  /** Objects in the store, on these days, whose keys are not image keys. */
  unreadable: number;
}
