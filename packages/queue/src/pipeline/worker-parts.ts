import type { Log } from '../contract.ts';
import type { Ledger } from '../ledger.ts';
import type { Queues } from '../queues.ts';
import type { Breaker } from './breaker.ts';

/** What the steps of a job's life share: the worker they run in. */
export interface WorkerParts {
  queues: Queues;
  ledger: Ledger;
  breaker: Breaker;
  logger: Log;
  timeZone: string;
  /** By job name, as `Handlers` types them. */
  handlers: object;
  /** What every handler is given besides its run. */
  context: object;
  /** Aborted when the worker shuts down. */
  ending: AbortSignal;
  /** How often a lease is renewed. */
  renewEveryMillis: number;
  onFenced: () => void;
  now: () => Date;
}
