import type { Config } from '@mycelium/config';
import type { Pool } from '@mycelium/database';
import type { Queues } from '@mycelium/queue';
import type { ObjectStore } from '@mycelium/storage';
import type { Logger } from '@mycelium/telemetry';
import type { LocalPass } from './access/local-pass.ts';
import type { Searcher } from './images/searcher.ts';

export interface DashboardOptions {
  config: Config;
  pool: Pool;
  queues: Queues;
  store: ObjectStore;
  /** Without one, images cannot be searched by words or by picture. */
  searcher?: Searcher;
  clock: () => Date;
  logger: Logger;
}

/** What every route gets. */
export interface Deps extends DashboardOptions {
  /** Only where nobody has to log in. */
  localPass: LocalPass | undefined;
}
