import type { Pool } from '@mycelium/database';
import type { Log } from '@mycelium/queue';

export interface Context {
  pool: Pool;
  logger: Log;
}
