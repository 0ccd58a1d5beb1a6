import type { Cause } from './envelope.ts';
import type { JobName } from './jobs.ts';

/** The right to write for a run, until another worker takes over with a newer epoch. */
export interface Lease {
  name: string;
  epoch: number;
}

/** One scheduled run: a job and its scheduled time. */
export interface RunKey {
  job: JobName;
  slot: Date;
}

export type Begun =
  | { lease: Lease }
  /** Another run of the job is alive, or the slot is in the future: try again later, not before `until`. */
  | { busy: string; until?: Date }
  /** This work is already done; contains its report. */
  | { done: unknown };

/** A request for a scheduled run. */
export interface RunRequest extends RunKey {
  cause: Cause;
  /** The queue's job as `id#timestamp`. The same value again means a redelivery. */
  request: string;
  /** Who requested it: `schedule`, `operator NAME`, `cli USER@HOST`. */
  by?: string | undefined;
}

/** The part of the ledger that workers need; `createLedger` in the database package implements it. */
export interface Ledger {
  /** Takes the lease of a run and records it as running. At most one run of a job is alive. */
  begin(run: RunRequest): Promise<Begun>;
  /** Takes the lease for work outside the timetable, such as a batch. */
  claim(name: string): Promise<Lease | undefined>;
  renew(lease: Lease): Promise<boolean>;
  /** Ends the lease, and the run with it. @returns false when another worker took over; nothing is changed then */
  end(lease: Lease, run: RunKey | undefined, outcome: Outcome): Promise<boolean>;
  /** Records a slot that will not be run. */
  account(run: RunKey, status: 'missed' | 'coalesced' | 'paused'): Promise<void>;
  /** Records that a job was requeued because it could not be taken. Not called while a dependency is down. */
  requeued(requeue: { queue: string; id: string; job: string; reason: string }): Promise<void>;
}

export type Outcome =
  | { status: 'succeeded'; report: unknown }
  | { status: 'failed' | 'retrying'; error: string }
  /** It sleeps until its batches are done. */
  | { status: 'waiting' };
