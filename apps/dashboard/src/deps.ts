import type { Config } from '@mycelium/config';
import type { Pool } from '@mycelium/database';
import type { Arrivals } from '@mycelium/operations';
import type { Queues } from '@mycelium/queue';
import type { ObjectStore } from '@mycelium/storage';
import type { Logger } from '@mycelium/telemetry';
import type { CompanyLogin } from './access/company-login.ts';
import type { LocalPass } from './access/local-pass.ts';
import type { LockOut } from './access/lock-out.ts';
import type { Searcher } from './images/searcher.ts';
import type { StoreLooks } from './images/store-looks.ts';

export interface DashboardOptions {
  config: Config;
  pool: Pool;
  queues: Queues;
  store: ObjectStore;
  /** Without it, images cannot be searched by text or by picture. */
  searcher?: Searcher;
  clock: () => Date;
  /** Milliseconds that the first image to arrive waits for others. */
  gatherMillis?: number;
  logger: Logger;
}

/** The dependencies of every route. */
export interface Deps extends DashboardOptions {
  /** Only if the dashboard has no login. */
  localPass: LocalPass | undefined;
  /** Only if OIDC_ISSUER is set. */
  companyLogin: CompanyLogin | undefined;
  /** Shared by everything that checks a password or a code. */
  lockOut: LockOut;
  /** Shared by all routes, so that it can limit how often the store is listed. */
  lookAtStore: StoreLooks;
  /** Receives the keys of images that arrive in the store. */
  arrivals: Arrivals;
}
