import { copyReadings, createPointDirectory, type Pool, type Reading } from '@mycelium/database';
import { judgeReadingTimes, type NamedPoint, pointKey, type ReadingTimes, wrongName } from '@mycelium/farm';
import type { FastifyInstance } from 'fastify';
import { serializerCompiler, validatorCompiler, type ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { checkOwnToken } from '../server/own-token.ts';
import { refused } from '../server/refused.ts';
import { flag } from '../server/shapes.ts';
import { readLines } from './body-lines.ts';

export const mostRows = 10_000;

const time = 'an ISO time with its zone, or milliseconds since 1970';
const row = z.object({
  time: z.union([z.iso.datetime({ offset: true, error: time }), z.number()], time),
  room: z.string(),
  device: z.string(),
  point: z.string(),
  value: z.number('a number'),
});

const mistake = z.object({ row: z.int().describe('counted from 1'), reason: z.string() });
type Mistake = z.output<typeof mistake>;

const answer = z.object({
  received: z.int(),
  inserted: z.int().describe('new readings, and readings whose value changed'),
  changed: z.int().describe('of these, the ones whose value changed'),
  repeated: z.int().describe('already stored'),
  quarantined: z
    .object({ ahead: z.int(), 'before-farm': z.int() })
    .describe('readings whose time cannot be right, and that were not quarantined before'),
  errors: z.array(mistake),
});

const description = `A JSON array, or NDJSON (application/x-ndjson) with one reading per line; at most ${mostRows} per request.
Send INGEST_TOKEN as \`Authorization: Bearer …\`. Each point has one reading per instant: sending a request
again is a no-op, and a different value replaces it. Wrong rows are reported and the others are stored; 422 when none
was right. Readings of a time that cannot be right, such as 2000-01-01 from a clock that was reset, are quarantined. Unknown points are registered, unless \`strict=true\`.`;

interface Sent extends NamedPoint {
  row: number;
  ts: Date;
  value: number;
}

interface ReadingsApi {
  pool: Pool;
  token: string | undefined;
  times: Omit<ReadingTimes, 'now'>;
  /** @throws Refusal while the disk is full */
  refuseIfFull: () => Promise<void>;
  clock?: () => number;
}

/**
 * `POST /api/readings`: readings from gateways and loggers. It requires its own token (INGEST_TOKEN): a device that
 * writes readings may do nothing else, and access to the console does not include writing readings.
 */
export async function readingsApi(
  app: FastifyInstance,
  { pool, token, times, refuseIfFull, clock = Date.now }: ReadingsApi,
): Promise<void> {
  app.addContentTypeParser('application/x-ndjson', (_request, body, done) => done(null, body));
  app.addHook('onRequest', async (request) => checkOwnToken(request, token, 'refused.no-ingest'));
  app.addHook('onRequest', refuseIfFull);
  app.setSerializerCompiler(serializerCompiler);
  // Rows are validated one by one: an invalid row must not reject the others.
  app.setValidatorCompiler<z.ZodType>((route) =>
    route.httpPart === 'body' ? () => true : validatorCompiler(route),
  );

  app.withTypeProvider<ZodTypeProvider>().post(
    '/readings',
    {
      bodyLimit: 8 * 1024 * 1024,
      config: { ownToken: true },
      schema: {
        summary: 'Store readings',
        description,
        consumes: ['application/json', 'application/x-ndjson'],
        querystring: z.object({ strict: flag.default(false) }),
        body: z.array(row),
        response: { 200: answer, 422: answer },
      },
    },
    async ({ body, query }, reply) => {
      const mistakes: Mistake[] = [];
      const sent = await readRows(body, mistakes);
      const readings = await resolve(pool, sent, query.strict, mistakes);
      const judge = judgeReadingTimes({ ...times, now: clock() });
      const { points: _, ...counts } = await copyReadings(pool, readings, { judge });
      mistakes.sort((a, b) => a.row - b.row);
      return reply
        .status(readings.length === 0 && mistakes.length > 0 ? 422 : 200)
        .send({ received: readings.length + mistakes.length, ...counts, errors: mistakes });
    },
  );
}

async function readRows(body: unknown, mistakes: Mistake[]): Promise<Sent[]> {
  const sent: Sent[] = [];
  let count = 0;
  for await (const value of valuesOf(body)) {
    if (++count > mostRows) throw refused(413, 'refused.too-many-rows', { n: mostRows });
    const read = readRow(value);
    if (typeof read === 'string') mistakes.push({ row: count, reason: read });
    else sent.push({ ...read, row: count });
  }
  return sent;
}

async function* valuesOf(body: unknown): AsyncGenerator<unknown> {
  if (Array.isArray(body)) {
    yield* body;
    return;
  }
  if (!isStream(body)) throw refused(400, 'refused.body');
  for await (const line of readLines(body)) {
    try {
      yield JSON.parse(line);
    } catch {
      yield new SyntaxError('not JSON');
    }
  }
}

function isStream(body: unknown): body is AsyncIterable<Buffer> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}

/** @returns the reading, or the reason it is invalid */
function readRow(value: unknown): Omit<Sent, 'row'> | string {
  if (value instanceof SyntaxError) return value.message;
  const read = row.safeParse(value);
  if (!read.success) {
    return read.error.issues
      .map(({ path, message }) => `${path.join('.')}: ${message}`.replace(/^: /, ''))
      .join('; ');
  }
  const { time, ...reading } = read.data;
  const ts = new Date(time);
  if (Number.isNaN(ts.getTime())) return 'time: not an instant';
  return wrongName(reading) ?? { ...reading, ts };
}

async function resolve(pool: Pool, sent: Sent[], strict: boolean, mistakes: Mistake[]): Promise<Reading[]> {
  const ids = await createPointDirectory(pool, { strict }).resolve(sent);
  const readings: Reading[] = [];
  for (const { row, ts, value, ...point } of sent) {
    const pointId = ids.get(pointKey(point));
    if (pointId === undefined) {
      mistakes.push({
        row,
        reason: `${point.device}.${point.point} of room ${point.room} is not registered`,
      });
    } else readings.push({ pointId, ts, value });
  }
  return readings;
}
