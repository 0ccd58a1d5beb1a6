import { StoreError } from '@mycelium/storage';
import type { Logger } from '@mycelium/telemetry';
import { type Code, message, type Params, Refusal, say } from '@mycelium/words';
import type { FastifyError, FastifyInstance } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { statusOf } from './refused.ts';

/** The API's answer to a refused request: pages read the code, programs and people the sentence. */
interface ErrorBody {
  error: string;
  code: Code;
  params: Params;
}

export const errorBody = (code: Code, params: Params = {}): ErrorBody => ({
  error: say(message(code, params)),
  code,
  params,
});

/** PostgreSQL's code, and the system's. */
const diskFull = ['53100', 'ENOSPC', 'EDQUOT'];
/** PostgreSQL cannot store text with a zero byte. */
const zeroByte = ['22021', '22P05'];
const unreachable = ['ECONNREFUSED', 'ENOTFOUND', 'ETIMEDOUT', '57P03', '42P01'];

/** Explains the sender's mistakes. Logs our own, and shows only the number of the request. */
export function answerErrors(app: FastifyInstance, logger: Logger): void {
  app.setErrorHandler((error: FastifyError | Refusal, request, reply) => {
    if (error instanceof Refusal) {
      if (error.retryAfter) reply.header('retry-after', error.retryAfter);
      return reply.status(statusOf(error)).send(errorBody(error.code, error.params));
    }
    if (hasZodFastifySchemaValidationErrors(error)) {
      const mistakes = error.validation.map(({ instancePath, message }) =>
        `${instancePath.slice(1).replaceAll('/', '.')} ${message}`.trim(),
      );
      return reply.status(400).send(errorBody('refused.invalid', { detail: mistakes.join('; ') }));
    }
    const status = zeroByte.includes(error.code) ? 400 : (error.statusCode ?? 500);
    if (status < 500) {
      return reply.status(status).send(errorBody('refused.invalid', { detail: error.message }));
    }
    logger.error(`${request.method} ${request.routeOptions.url ?? 'unknown'} failed`, {
      error,
      request: request.id,
    });
    const codes = [error.code, (error.cause as NodeJS.ErrnoException | undefined)?.code];
    if (codes.some((code) => code && diskFull.includes(code)))
      return reply.status(507).header('retry-after', 60).send(errorBody('refused.disk-full'));
    const down =
      (error instanceof StoreError && error.reason === 'unavailable') || unreachable.includes(error.code);
    return down
      ? reply.status(503).send(errorBody('refused.unavailable'))
      : reply.status(500).send(errorBody('refused.internal', { request: request.id }));
  });
}
