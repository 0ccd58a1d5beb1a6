import { createHash, timingSafeEqual } from 'node:crypto';
import {
  copyReadings,
  createPointDirectory,
  isReadingTime,
  type NamedPoint,
  type Pool,
  pointKey,
  type Reading,
  wrongName,
} from '@mycelium/database';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { readLines } from './body-lines.ts';
import { Refused } from './refused.ts';

export const mostRows = 10_000;

const time = 'an ISO time with its zone, or milliseconds since 1970';
const row = z.object({
  time: z.union([z.iso.datetime({ offset: true, error: time }), z.number()], time),
  room: z.string(),
  device: z.string(),
  point: z.string(),
  value: z.number('a number'),
});

const query = z.object({ strict: z.enum(['true', 'false']).optional() });

interface Mistake {
  /** Counted from 1. */
  row: number;
  reason: string;
}

interface Sent extends NamedPoint {
  row: number;
  ts: Date;
  value: number;
}

/**
 * `POST /api/readings`: readings from gateways and loggers, as a JSON array or as NDJSON, at most 10,000 a request.
 * It asks for a token of its own (INGEST_TOKEN): a device that writes readings may do nothing else. Sending a
 * request again changes nothing. Rows that are wrong are told, and the others are taken.
 */
export async function readingsApi(
  app: FastifyInstance,
  { pool, token }: { pool: Pool; token: string | undefined },
): Promise<void> {
  app.addContentTypeParser('application/x-ndjson', (_request, body, done) => done(null, body));
  app.addHook('onRequest', async (request) => checkToken(request, token));

  app.post('/api/readings', { bodyLimit: 8 * 1024 * 1024 }, async (request, reply) => {
    const { strict } = query.parse(request.query);
    const mistakes: Mistake[] = [];
    const sent = await readRows(request.body, mistakes);
    const readings = await resolve(pool, sent, strict === 'true', mistakes);
    const { inserted, repeated } = await copyReadings(pool, readings);
    mistakes.sort((a, b) => a.row - b.row);
    return reply
      .status(readings.length === 0 && mistakes.length > 0 ? 422 : 200)
      .send({ received: readings.length + mistakes.length, inserted, repeated, errors: mistakes });
  });
}

function checkToken({ headers }: FastifyRequest, token: string | undefined): void {
  if (token === undefined) throw new Refused(503, 'readings are not taken here: INGEST_TOKEN is not set');
  const sent = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
  const digest = (text: string) => createHash('sha256').update(text).digest();
  if (!timingSafeEqual(digest(sent), digest(token)))
    throw new Refused(401, 'a token is wanted: Authorization: Bearer …');
}

async function readRows(body: unknown, mistakes: Mistake[]): Promise<Sent[]> {
  const sent: Sent[] = [];
  let count = 0;
  for await (const value of valuesOf(body)) {
    if (++count > mostRows) throw new Refused(413, `more than ${mostRows} rows in one request`);
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
  if (!isStream(body))
    throw new Refused(400, 'wanted: a JSON array of readings, or NDJSON (application/x-ndjson)');
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

/** @returns what is wrong with it, where something is. */
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
  if (!isReadingTime(ts.getTime())) return 'time: outside the years 2000 to 2099';
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
