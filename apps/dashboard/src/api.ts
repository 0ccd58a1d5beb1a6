import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { createJsonSchemaTransform, serializerCompiler, validatorCompiler } from 'fastify-type-provider-zod';
import { sessionRoutes } from './api/session.ts';
import type { Deps } from './dashboard.ts';

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

  sessionRoutes(app, deps);
}
