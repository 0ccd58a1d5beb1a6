import { constants } from 'node:zlib';
import compress from '@fastify/compress';
import cookie from '@fastify/cookie';
import { type Arrivals, createArrivals } from '@mycelium/operations';
import { type FastifyInstance, fastify } from 'fastify';
import { keepConfiguredAccount } from './access/account.ts';
import { createCompanyLogin } from './access/company-login.ts';
import { checkExposure } from './access/exposure.ts';
import { guard } from './access/guard.ts';
import { createLocalPass } from './access/local-pass.ts';
import { createLockOut } from './access/lock-out.ts';
import { readLoginHeaders } from './access/login-headers.ts';
import type { DashboardOptions } from './deps.ts';
import { createStoreLooks } from './images/store-looks.ts';
import { answerErrors } from './server/answer-errors.ts';
import { api } from './server/api.ts';
import { bullBoard } from './server/bull-board.ts';
import { health } from './server/health.ts';
import { securityHeaders } from './server/security-headers.ts';
import { webPages } from './server/web-pages.ts';

declare module 'fastify' {
  interface FastifyInstance {
    arrivals: Arrivals;
  }
}

/**
 * Builds the dashboard, ready to listen.
 * @throws ConfigError when it would listen beyond this machine without a login
 */
export async function buildDashboard(options: DashboardOptions): Promise<FastifyInstance> {
  const { config, pool, queues, clock, logger } = options;
  const { login } = checkExposure(config);
  const accountsReady = untilDone(() =>
    keepConfiguredAccount(pool, config.DASHBOARD_USER, config.DASHBOARD_PASSWORD),
  );

  const base = config.DASHBOARD_BASE_PATH;
  const app = fastify({
    bodyLimit: 256 * 1024,
    routerOptions: { maxParamLength: 500 },
    trustProxy: config.TRUSTED_PROXIES.length > 0 && config.TRUSTED_PROXIES,
    // A proxy may take the base path away or leave it.
    rewriteUrl: ({ url = '/' }) => withoutBase(url, base),
  });
  answerErrors(app, logger);
  await securityHeaders(app);
  await app.register(cookie);
  await app.register(compress, {
    threshold: 1_024,
    // Brotli's default quality of 11 takes longer than it saves.
    brotliOptions: { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } },
  });
  const localPass = login ? undefined : createLocalPass(app, config.DASHBOARD_HOST);
  app.decorate('localPass', localPass);
  guard(app, { pool, localPass, loginHeaders: readLoginHeaders(config), base, now: clock, accountsReady });

  health(app, { pool, queues });
  bullBoard(app, { queues, pool, base });
  const { TZ: timeZone, ROOM_ALIASES: aliases } = config;
  const lookAtStore = createStoreLooks({ ...options, timeZone, aliases });
  const arrivals = createArrivals({
    ...{ pool, queues, store: options.store, timeZone, aliases, gatherMillis: options.gatherMillis },
    onTrouble: (error, images) =>
      logger.warn('images that arrived wait for the queue', { images, error: String(error) }),
  });
  app.decorate('arrivals', arrivals);
  app.addHook('onClose', () => arrivals.close());
  const companyLogin = createCompanyLogin(config);
  const lockOut = createLockOut(
    () => clock().getTime(),
    (address) => logger.warn('a login was refused: too many attempts', { address }),
  );
  const deps = { ...options, localPass, companyLogin, lockOut, lookAtStore, arrivals };
  await app.register(async (scope) => api(scope, deps), { prefix: '/api' });
  await webPages(app, base);
  return app;
}

function withoutBase(url: string, base: string): string {
  if (!base || !url.startsWith(base)) return url;
  const rest = url.slice(base.length);
  if (rest === '' || rest.startsWith('?')) return `/${rest}`;
  return rest.startsWith('/') ? rest : url;
}

/** Repeats the work until it has succeeded once: the tables may be created after this process starts. */
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
