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
  /** Another instance is alive: try again later. */
  | { busy: string }
  /** This very work has been done: its report. */
  | { done: unknown };

/** What workers need of the database's ledger. `database/runs.ts` is it. */
export interface Ledger {
  /** Takes the lease of a run, and writes it down as running. At most one instance of a job is alive. */
  begin(run: RunKey & { cause: Cause; request: string }): Promise<Begun>;
  /** Takes the lease of work outside the timetable, such as a batch. */
  claim(name: string): Promise<Lease | undefined>;
  renew(lease: Lease): Promise<boolean>;
  /** Ends the lease; does nothing when it is another's by now. */
  end(lease: Lease, run: RunKey | undefined, outcome: Outcome): Promise<void>;
  /** A slot that is not run: `missed` or `coalesced`. */
  account(run: RunKey, status: 'missed' | 'coalesced' | 'paused'): Promise<void>;
}

export type Outcome =
  | { status: 'succeeded'; report: unknown }
  | { status: 'failed' | 'retrying'; error: string }
  /** Its batches are under way; it wakes when they are done. */
  | { status: 'waiting' };
