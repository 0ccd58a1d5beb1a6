import type { Cause } from './envelope.ts';
import type { JobName } from './jobs.ts';

/** The right to write for a run, until another worker takes over with a newer epoch. */
export interface Lease {
  name: string;
  epoch: number;
}

/** One run of the timetable: which job, for which scheduled time. */
export interface RunKey {
  job: JobName;
  slot: Date;
}

export type Begun =
  | { lease: Lease }
  /** Another run of the job is alive, or the slot has not come yet: try again later, not before `until`. */
  | { busy: string; until?: Date }
  /** This work has been done: its report. */
  | { done: unknown };

/** A request for a run of the timetable. */
export interface RunRequest extends RunKey {
  cause: Cause;
  /** The queue's job as `id#timestamp`: the same one again is a redelivery. */
  request: string;
  /** Who asked: `schedule`, `operator NAME`, `cli USER@HOST`. */
  by?: string | undefined;
}

/** What workers need of the database's ledger, which `createLedger` of the database package makes. */
export interface Ledger {
  /** Takes the lease of a run and records it as running. At most one run of a job is alive. */
  begin(run: RunRequest): Promise<Begun>;
  /** Takes the lease of work outside the timetable, such as a batch. */
  claim(name: string): Promise<Lease | undefined>;
  renew(lease: Lease): Promise<boolean>;
  /** Ends the lease, and the run with it. @returns false when another worker took over: then nothing has changed */
  end(lease: Lease, run: RunKey | undefined, outcome: Outcome): Promise<boolean>;
  /** Records a slot that is not run. */
  account(run: RunKey, status: 'missed' | 'coalesced' | 'paused'): Promise<void>;
  /** Records that a job went back into the queue because it could not be taken; not when a dependency is down. */
  requeued(requeue: { queue: string; id: string; job: string; reason: string }): Promise<void>;
}

export type Outcome =
  | { status: 'succeeded'; report: unknown }
  | { status: 'failed' | 'retrying'; error: string }
  /** It sleeps until its batches are done. */
  | { status: 'waiting' };
