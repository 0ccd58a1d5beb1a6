import type { Pool } from '@mycelium/database';
import type { Queues } from '@mycelium/queue';
import type { Logger } from '@mycelium/telemetry';

/** The dependencies of the reconcile loop. */
export interface Reconciliation {
  pool: Pool;
  queues: Queues;
  timeZone: string;
  logger: Logger;
  now: () => Date;
}
