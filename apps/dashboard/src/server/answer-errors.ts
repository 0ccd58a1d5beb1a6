import { StoreUnavailable } from '@mycelium/storage';
import type { Logger } from '@mycelium/telemetry';
import type { FastifyError, FastifyInstance } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { Refused } from './refused.ts';

/** Mistakes of the sender are explained; ours are logged, and only their number is told. */
export function answerErrors(app: FastifyInstance, logger: Logger): void {
  app.setErrorHandler((error: FastifyError, request, reply) => {
    if (hasZodFastifySchemaValidationErrors(error)) {
      const mistakes = error.validation.map(({ instancePath, message }) =>
        `${instancePath.slice(1).replaceAll('/', '.')} ${message}`.trim(),
      );
      return reply.status(400).send({ error: mistakes.join('; ') });
    }
    if (error instanceof Refused) {
      if (error.retryAfter) reply.header('retry-after', error.retryAfter);
      return reply.status(error.statusCode).send({ error: error.message });
    }
    // PostgreSQL keeps no text with a zero byte in it.
    const status = ['22021', '22P05'].includes(error.code) ? 400 : (error.statusCode ?? 500);
    if (status < 500) return reply.status(status).send({ error: error.message });
    logger.error(`${request.method} ${request.routeOptions.url ?? 'unknown'} failed`, {
      error,
      request: request.id,
    });
    const down =
      error instanceof StoreUnavailable ||
      ['ECONNREFUSED', 'ENOTFOUND', 'ETIMEDOUT', '57P03', '42P01'].includes(error.code);
    return reply.status(down ? 503 : 500).send({
      error: down
        ? 'a server this console needs does not answer, or is not set up yet'
        : `something went wrong here (request ${request.id})`,
    });
  });
}
