import type { Log } from '../contract.ts';
import type { Ledger } from '../ledger.ts';
import type { Queues } from '../queues.ts';
import type { Breaker } from './breaker.ts';

/** The worker that runs a job, shared by the steps of the pipeline. */
export interface WorkerParts {
  queues: Queues;
  ledger: Ledger;
  breaker: Breaker;
  logger: Log;
  timeZone: string;
  /** By job name, as `Handlers` types them. */
  handlers: object;
  /** Passed to every handler along with its run. */
  context: object;
  /** Aborted when the worker shuts down. */
  ending: AbortSignal;
  /** How often a lease is renewed. */
  renewEveryMillis: number;
  onFenced: () => void;
  /** Called with the id of each run, or of the run of each batch, before its handler. */
  onRun: (run: string) => void;
  now: () => Date;
}
