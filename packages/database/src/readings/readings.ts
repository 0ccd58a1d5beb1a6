import type { ImplausibleTime } from '@mycelium/farm';
import { type Pool, type Queryable, transaction } from '../pool.ts';
import { binaryArray } from './binary-array.ts';
import { ensurePartitions } from './partitions.ts';
import { type ImplausibleReading, quarantineReadings } from './reading-quarantine.ts';
import { settledValues } from './settled-values.ts';

export interface Reading {
  pointId: number;
  ts: Date;
  value: number;
}

/** How readings were written. */
export interface Counts {
  /** New readings, and those that changed the value of an existing one. */
  inserted: number;
  /** Of these, the ones that changed a value. */
  changed: number;
  /** Readings that were stored already, or that another one of the same instant replaced. */
  repeated: number;
  /** Readings that are quarantined because their time cannot be right, without those that were quarantined before. */
  quarantined: Record<ImplausibleTime, number>;
}

export interface Copied extends Counts {
  /** By point id. */
  points: Map<number, Counts>;
}

interface CopyOptions {
  /** The times that cannot be right; without it, every reading is stored. */
  judge?: ((time: number) => ImplausibleTime | undefined) | undefined;
  signal?: AbortSignal | undefined;
}

/** Rows per statement. More would not be faster, and memory holds two chunks: the one being written and the next. */
const chunkSize = 20_000;

/**
 * Writes readings from a stream of any length, a transaction per chunk; the next chunk is read meanwhile. Each point
 * has one reading per instant: writing it again is a no-op, and another value replaces it. Creates the tables of the
 * months it needs, and marks late readings, so that the jobs read their time again. Readings of an implausible time are
 * quarantined instead.
 */
export async function copyReadings(
  pool: Pool,
  readings: AsyncIterable<Reading> | Iterable<Reading>,
  { judge = () => undefined, signal }: CopyOptions = {},
): Promise<Copied> {
  const total: Copied = { ...noCounts(), points: new Map() };
  let chunk = newChunk();
  let implausible: ImplausibleReading[] = [];
  let writing = Promise.resolve();
  const write = async () => {
    await writing;
    signal?.throwIfAborted();
    writing = writeChunk(pool, chunk, implausible, total);
    writing.catch(() => {}); // thrown where it is awaited
    chunk = newChunk();
    implausible = [];
  };
  try {
    for await (const { pointId, ts, value } of readings) {
      const time = ts.getTime();
      const reason = judge(time);
      if (reason) implausible.push({ pointId, ts, value, reason });
      else {
        const n = chunk.length++;
        chunk.points[n] = pointId;
        chunk.times[n] = time;
        chunk.values[n] = value;
      }
      if (chunk.length + implausible.length === chunkSize) await write();
    }
    if (chunk.length + implausible.length > 0) await write();
    else signal?.throwIfAborted();
  } finally {
    await writing;
  }
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

function noCounts(): Counts {
  return { inserted: 0, changed: 0, repeated: 0, quarantined: { ahead: 0, 'before-farm': 0 } };
}

function countsOf(total: Copied, pointId: number): Counts {
  let counts = total.points.get(pointId);
  if (!counts) {
    counts = noCounts();
    total.points.set(pointId, counts);
  }
  return counts;
}

async function writeChunk(pool: Pool, chunk: Chunk, implausible: ImplausibleReading[], total: Copied) {
  const points = chunk.points.subarray(0, chunk.length);
  const times = chunk.times.subarray(0, chunk.length);
  const spans = spansByDay(points, times);
  await ensurePartitions(pool, new Set(spans.map(({ first }) => new Date(first))));
  const seconds = times.map((time) => time / 1_000);
  const arrived = [
    binaryArray('int4', points),
    binaryArray('float8', seconds),
    binaryArray('float8', chunk.values.subarray(0, chunk.length)),
  ];

  const written = await transaction(pool, async (tx) => {
    await tx.query(`set local mycelium.marks_late = 'yes'`);
    const settled = await settledValues(tx, points, times);
    if (settled) arrived.push(binaryArray('float8', settled));
    const added = await insertArrived(tx, arrived, 'nothing');
    const inserted = added.reduce((sum, { n }) => sum + n, 0);
    // The first import of a file changes nothing, and does not ask for changes.
    const changed =
      inserted < chunk.length
        ? await insertArrived(
            tx,
            arrived,
            'update set value = excluded.value where reading.value <> excluded.value',
          )
        : [];
    if (added.length + changed.length > 0) {
      await tx.query('select mark_late($1, $2, $3)', [
        spans.map(({ pointId }) => pointId),
        spans.map(({ first }) => new Date(first)),
        spans.map(({ last }) => new Date(last)),
      ]);
    }
    return {
      added,
      changed,
      quarantined: await quarantineReadings(tx, implausible),
    };
  });
  count(total, points, written);
}

interface PointCount {
  pointId: number;
  n: number;
}

/** How many readings of a point were written, and how many of them differ from the settled one of their instant. */
interface WrittenCount extends PointCount {
  corrections: number;
}

/**
 * Writes the last of the readings of each instant, except those that only repeat a settled reading.
 * @param arrived points, seconds and values; then the settled values, if any day of them is settled
 */
async function insertArrived(tx: Queryable, arrived: Buffer[], conflict: string): Promise<WrittenCount[]> {
  if (arrived.length === 4) {
    const { rows } = await tx.query<WrittenCount>(
      `with sent as (
         select distinct on (point_id, ts) point_id, to_timestamp(ts) as ts, value, settled
         from unnest($1::int4[], $2::float8[], $3::float8[], $4::float8[]) with ordinality
           as sent(point_id, ts, value, settled, n)
         order by point_id, ts, n desc),
       written as (
         insert into reading (point_id, ts, value) select point_id, ts, value from sent
         where settled is null or settled <> value
           or exists (select from reading newer where newer.point_id = sent.point_id and newer.ts = sent.ts)
         order by point_id, ts
         on conflict (point_id, ts) do ${conflict} returning point_id, ts)
       select point_id as "pointId", count(*)::int as n,
         (count(*) filter (where settled is not null))::int as corrections
       from written join sent using (point_id, ts) group by point_id`,
      arrived,
    );
    return rows;
  }
  const { rows } = await tx.query<WrittenCount>(
    `with written as (
       insert into reading (point_id, ts, value)
       select distinct on (point_id, ts) point_id, to_timestamp(ts), value
       from unnest($1::int4[], $2::float8[], $3::float8[]) with ordinality as sent(point_id, ts, value, n)
       order by point_id, ts, n desc
       on conflict (point_id, ts) do ${conflict} returning point_id)
     select point_id as "pointId", count(*)::int as n, 0 as corrections from written group by point_id`,
    arrived,
  );
  return rows;
}

interface Written {
  added: WrittenCount[];
  changed: WrittenCount[];
  quarantined: (PointCount & { reason: ImplausibleTime })[];
}

function count(total: Copied, points: Int32Array, { added, changed, quarantined }: Written): void {
  const add = (pointId: number, what: 'inserted' | 'changed' | 'repeated', n: number) => {
    countsOf(total, pointId)[what] += n;
    total[what] += n;
  };
  const sent = new Map<number, number>();
  for (const pointId of points) sent.set(pointId, (sent.get(pointId) ?? 0) + 1);
  for (const [pointId, n] of sent) add(pointId, 'repeated', n);
  for (const { pointId, n } of [...added, ...changed]) {
    add(pointId, 'inserted', n);
    add(pointId, 'repeated', -n);
  }
  for (const { pointId, corrections } of added) add(pointId, 'changed', corrections);
  for (const { pointId, n } of changed) add(pointId, 'changed', n);
  for (const { pointId, n, reason } of quarantined) {
    countsOf(total, pointId).quarantined[reason] += n;
    total.quarantined[reason] += n;
  }
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
