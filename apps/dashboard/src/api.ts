import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { createJsonSchemaTransform, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { accessRoutes } from './api/access.ts';
import { alertRoutes } from './api/alerts.ts';
import { coverageRoutes } from './api/coverage.ts';
import { eventRoutes } from './api/events.ts';
import { failedRoutes } from './api/failed.ts';
import { imageRoutes } from './api/images.ts';
import { jobRoutes } from './api/jobs.ts';
import { quarantineRoutes } from './api/quarantine.ts';
import { roomRoutes } from './api/rooms.ts';
import { runRoutes } from './api/runs.ts';
import { searchRoutes } from './api/search.ts';
import { sessionRoutes } from './api/session.ts';
import { todayRoutes } from './api/today.ts';
import type { Deps } from './dashboard.ts';
import { readingsApi } from './readings-api.ts';

/** Everything the pages use, for machines too: described at /api/openapi.json. */
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
      security: [{ token: [] }],
    },
    transform: createJsonSchemaTransform({ skipList: [] }),
  });
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());

  await app.register(readingsApi, { pool: deps.pool, token: deps.config.INGEST_TOKEN });
  for (const routes of [
    sessionRoutes,
    todayRoutes,
    roomRoutes,
    imageRoutes,
    searchRoutes,
    quarantineRoutes,
    coverageRoutes,
    jobRoutes,
    runRoutes,
    failedRoutes,
    eventRoutes,
    alertRoutes,
    accessRoutes,
  ]) {
    routes(app, deps);
  }
}
