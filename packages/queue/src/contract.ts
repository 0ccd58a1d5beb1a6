import type { Day } from '@mycelium/farm';
import type { Cause } from './envelope.ts';
import type { JobName, Jobs, Payload, QueueName, Result } from './jobs.ts';
import type { Lease } from './ledger.ts';
import type { Planner } from './pipeline/fan-out.ts';

/** What every handler knows about its run. */
export interface Run {
  job: JobName;
  /** The scheduled time; for work outside the timetable, the time it was requested. */
  slot: Date;
  /** The local day before the slot: "yesterday" for this run, whenever it happens. */
  day: Day;
  timeZone: string;
  cause: Cause;
  /** Pass it to the database's `commit`, which refuses writes once another worker has taken over. */
  lease: Lease;
}

/** The part of a logger that handlers need. */
export interface Log {
  info(message: string, fields?: object): unknown;
  warn(message: string, fields?: object): unknown;
  error(message: string, fields?: object): unknown;
}

export interface RunContext {
  run: Run;
  /** Aborts when the worker stops, the lease is lost or the time is up. Pass it on to every call. */
  signal: AbortSignal;
  /** How many workers died or lost contact while holding this job. After the fourth it is dead-lettered. */
  deaths: number;
  progress(done: number, total: number): Promise<void>;
  /**
   * Splits the run into batches. `plan` adds them and passes the plan so far with each call; if its worker dies,
   * another one receives that plan and resumes from it. Then the run sleeps without holding a worker. When all batches
   * are done, the handler is called again from the top, but `plan` is not. `fanOut` then returns the final plan, a
   * small JSON value, and the results of the batches that did not fail.
   */
  fanOut<Name extends JobName, Plan extends object>(
    name: Name,
    plan: Planner<Name, Plan>,
  ): Promise<{ plan: Plan; results: Result<Name>[] }>;
}

/**
 * Does a job's work. If it throws, the job is retried with backoff; an error with `permanent = true`, or a ZodError,
 * fails it at once.
 */
export type Handler<Name extends JobName, Context> = (
  payload: Payload<Name>,
  context: Context & RunContext,
) => Promise<Result<Name>>;

/** One handler for each job of the queue. A missing handler does not compile. */
export type Handlers<Queue extends QueueName, Context> = {
  [Name in JobName as Jobs[Name]['queue'] extends Queue ? Name : never]: Handler<Name, Context>;
};
