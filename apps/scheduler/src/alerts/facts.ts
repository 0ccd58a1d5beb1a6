import type { HeartbeatRow, QuarantinedReadings, RequeuedRow, Takeover } from '@mycelium/database';
import type { Canary, ReportFacts } from '@mycelium/queue';
import type { DeadLetters } from '../dead-letters.ts';
import type { DescriptionOutcomes } from '../description-outcomes.ts';
import type { StuckRun } from '../stuck-runs.ts';

export interface JobFacts {
  job: string;
  /** Whether every slot has to be run: a slot that failed leaves its day without a result. */
  everySlot: boolean;
  /** How long one run may take. */
  timeoutSeconds: number;
  /** The last ended runs, newest slot first. */
  ended: EndedRun[];
  /** Slots past their misfire grace that have not begun, oldest first. */
  overdue: Date[];
  /** Slots that were given up in the last day. */
  missed: { slots: number; newest: Date; recordedAt: Date } | undefined;
  /** Jobs that workers could not take, those with the oldest reason first. */
  requeued: RequeuedRow[];
}

export interface EndedRun {
  slot: Date;
  status: 'succeeded' | 'failed';
  finishedAt: Date;
  error: string | null;
  report: ReportFacts | undefined;
}

export interface Facts {
  at: Date;
  timeZone: string;
  jobs: JobFacts[];
  heartbeats: HeartbeatRow[];
  /** Undefined while Redis does not answer. */
  deadLetters: DeadLetters[] | undefined;
  stuckRuns: StuckRun[] | undefined;
  /** Those that nobody has taken yet. */
  canaries: Canary[] | undefined;
  /** PostgreSQL was replaced by a copy of itself in the last day. */
  takeover: Takeover | undefined;
  descriptions: DescriptionOutcomes | undefined;
  /** One per device: for the reason of its newest quarantined reading. */
  wrongClocks: QuarantinedReadings[];
}
