import { type Pool, transaction } from '../pool.ts';
import { binaryArray } from './binary-array.ts';
import { ensurePartitions } from './partitions.ts';

export interface Reading {
  pointId: number;
  ts: Date;
  value: number;
}

export interface Copied {
  /** Rows that are new, or that change the value of an existing reading. */
  inserted: number;
  /** Rows that were stored already. */
  repeated: number;
}

const earliest = Date.UTC(2000, 0, 1);
const latest = Date.UTC(2100, 0, 1);

/** Whether a time is plausible for a reading. A garbled time must not create a table for its month. */
export function isReadingTime(milliseconds: number): boolean {
  return milliseconds >= earliest && milliseconds < latest;
}

/** Rows per statement. More would not be faster, and memory holds one chunk at a time. */
const chunkSize = 20_000;

/**
 * Writes readings from a stream of any length, a transaction per chunk. Each point has one reading per instant: writing
 * it again is a no-op, and another value replaces it. Creates the tables of the months it needs, and marks late
 * readings, so that the jobs read their time again.
 */
export async function copyReadings(
  pool: Pool,
  readings: AsyncIterable<Reading> | Iterable<Reading>,
  { signal }: { signal?: AbortSignal } = {},
): Promise<Copied> {
  const total: Copied = { inserted: 0, repeated: 0 };
  let chunk = newChunk();
  for await (const { pointId, ts, value } of readings) {
    const n = chunk.length++;
    chunk.points[n] = pointId;
    chunk.times[n] = ts.getTime();
    chunk.values[n] = value;
    if (chunk.length === chunkSize) {
      signal?.throwIfAborted();
      add(total, await writeChunk(pool, chunk));
      chunk = newChunk();
    }
  }
  signal?.throwIfAborted();
  if (chunk.length > 0) add(total, await writeChunk(pool, chunk));
  return total;
}

function newChunk() {
  return {
    length: 0,
    points: new Int32Array(chunkSize),
    times: new Float64Array(chunkSize),
    values: new Float64Array(chunkSize),
  };
}
type Chunk = ReturnType<typeof newChunk>;

function add(total: Copied, more: Copied): void {
  total.inserted += more.inserted;
  total.repeated += more.repeated;
}

async function writeChunk(pool: Pool, chunk: Chunk): Promise<Copied> {
  const points = chunk.points.subarray(0, chunk.length);
  const times = chunk.times.subarray(0, chunk.length);
  const values = chunk.values.subarray(0, chunk.length);
  const spans = spansByDay(points, times);
  await ensurePartitions(pool, new Set(spans.map(({ first }) => new Date(first))));

  return transaction(pool, async (tx) => {
    await tx.query(`set local mycelium.marks_late = 'yes'`);
    const { rowCount } = await tx.query(
      `insert into reading (point_id, ts, value)
       select distinct on (point_id, ts) point_id, to_timestamp(ts), value
       from unnest($1::int4[], $2::float8[], $3::float8[]) with ordinality as arrived(point_id, ts, value, n)
       order by point_id, ts, n desc
       on conflict (point_id, ts) do update set value = excluded.value where reading.value <> excluded.value`,
      [
        binaryArray('int4', points),
        binaryArray(
          'float8',
          times.map((time) => time / 1_000),
        ),
        binaryArray('float8', values),
      ],
    );
    const inserted = rowCount ?? 0;
    if (inserted > 0) {
      await tx.query('select mark_late($1, $2, $3)', [
        spans.map(({ pointId }) => pointId),
        spans.map(({ first }) => new Date(first)),
        spans.map(({ last }) => new Date(last)),
      ]);
    }
    return { inserted, repeated: chunk.length - inserted };
  });
}

const dayLength = 86_400_000;

/** The first and last instant of each point on each UTC day. */
function spansByDay(points: Int32Array, times: Float64Array) {
  const spans = new Map<string, { pointId: number; first: number; last: number }>();
  for (let n = 0; n < times.length; n++) {
    const pointId = points[n] as number;
    const time = times[n] as number;
    const key = `${pointId} ${Math.floor(time / dayLength)}`;
    const span = spans.get(key);
    if (!span) spans.set(key, { pointId, first: time, last: time });
    else if (time < span.first) span.first = time;
    else if (time > span.last) span.last = time;
  }
  return [...spans.values()];
}
