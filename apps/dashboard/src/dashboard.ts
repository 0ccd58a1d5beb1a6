import { constants } from 'node:zlib';
import compress from '@fastify/compress';
import cookie from '@fastify/cookie';
import type { Config } from '@mycelium/config';
import type { Pool } from '@mycelium/database';
import type { Queues } from '@mycelium/queue';
import type { ObjectStore } from '@mycelium/storage';
import type { Logger } from '@mycelium/telemetry';
import { type FastifyInstance, fastify } from 'fastify';
import { keepConfiguredAccount } from './account.ts';
import { answerErrors } from './answer-errors.ts';
import { api } from './api.ts';
import { bullBoard } from './bull-board.ts';
import { checkExposure } from './exposure.ts';
import { guard } from './guard.ts';
import { health } from './health.ts';
import type { Searcher } from './searcher.ts';
import { securityHeaders } from './security-headers.ts';
import { webPages } from './web-pages.ts';

export interface DashboardOptions {
  config: Config;
  pool: Pool;
  queues: Queues;
  store: ObjectStore;
  /** Without one there is no search by words or by picture. */
  searcher?: Searcher;
  clock: () => Date;
  logger: Logger;
}

/** What every route is given. */
export interface Deps extends DashboardOptions {
  /** Visitors have to log in. */
  login: boolean;
}

/**
 * The dashboard, ready to listen.
 * @throws ConfigError when it would listen beyond this machine without a login
 */
export async function buildDashboard(options: DashboardOptions): Promise<FastifyInstance> {
  const { config, pool, queues, clock, logger } = options;
  const { login } = checkExposure(config);
  const accountsReady = untilDone(() =>
    keepConfiguredAccount(pool, config.DASHBOARD_USER, config.DASHBOARD_PASSWORD),
  );

  const app = fastify({ bodyLimit: 256 * 1024, routerOptions: { maxParamLength: 500 } });
  answerErrors(app, logger);
  securityHeaders(app);
  await app.register(cookie);
  await app.register(compress, {
    threshold: 1_024,
    // Brotli at its usual 11 takes longer than it saves.
    brotliOptions: { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } },
  });
  guard(app, { pool, login, now: clock, accountsReady });

  health(app, { pool, queues });
  bullBoard(app, { queues, pool });
  await app.register(async (scope) => api(scope, { ...options, login }), { prefix: '/api' });
  await webPages(app);
  return app;
}

/** Done once, at the first call that succeeds: the tables may be made after this process has started. */
function untilDone(work: () => Promise<void>): () => Promise<void> {
  let doing: Promise<void> | undefined;
  return () => {
    doing ??= work().catch((error) => {
      doing = undefined;
      throw error;
    });
    return doing;
  };
}
