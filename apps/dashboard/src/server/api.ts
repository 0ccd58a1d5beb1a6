import swagger from '@fastify/swagger';
import { readingTimes } from '@mycelium/config';
import type { FastifyInstance } from 'fastify';
import { createJsonSchemaTransform, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { accessRoutes } from '../access/access-routes.ts';
import { companyRoutes } from '../access/company-routes.ts';
import { secondFactorRoutes } from '../access/second-factor-routes.ts';
import { sessionRoutes } from '../access/session-routes.ts';
import { coverageRoutes } from '../coverage/coverage-routes.ts';
import type { Deps } from '../deps.ts';
import { arrivalsApi } from '../images/arrivals-api.ts';
import { imageRoutes } from '../images/image-routes.ts';
import { quarantineRoutes } from '../images/quarantine-routes.ts';
import { searchRoutes } from '../images/search-routes.ts';
import { eventRoutes } from '../jobs/event-routes.ts';
import { failedRoutes } from '../jobs/failed-routes.ts';
import { jobRoutes } from '../jobs/job-routes.ts';
import { runRoutes } from '../jobs/run-routes.ts';
import { readingQuarantineRoutes } from '../readings/quarantine-routes.ts';
import { readingsApi } from '../readings/readings-api.ts';
import { alertRoutes } from '../records/alert-routes.ts';
import { roomRoutes } from '../rooms/room-routes.ts';
import { todayRoutes } from '../rooms/today-routes.ts';
import { refuseIfFull } from './refuse-if-full.ts';

/** The API that the pages use, open to programs too. It is described at /api/openapi.json. */
export async function api(app: FastifyInstance, deps: Deps): Promise<void> {
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Mycelium',
        version: '1',
        description: 'Rooms, images and jobs of the farm. Programs send `Authorization: Bearer TOKEN`.',
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      servers: [{ url: deps.config.DASHBOARD_BASE_PATH || '/' }],
      security: [{ token: [] }],
    },
    transform: createJsonSchemaTransform({ skipList: [] }),
  });
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());

  await app.register(readingsApi, {
    pool: deps.pool,
    token: deps.config.INGEST_TOKEN,
    times: readingTimes(deps.config),
    refuseIfFull: refuseIfFull(deps.config),
  });
  await app.register(arrivalsApi, deps);
  for (const routes of [
    sessionRoutes,
    todayRoutes,
    roomRoutes,
    imageRoutes,
    searchRoutes,
    quarantineRoutes,
    readingQuarantineRoutes,
    coverageRoutes,
    jobRoutes,
    runRoutes,
    failedRoutes,
    eventRoutes,
    alertRoutes,
    accessRoutes,
    secondFactorRoutes,
    companyRoutes,
  ]) {
    routes(app, deps);
  }
}
