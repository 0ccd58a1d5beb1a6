import type { Pool, PoolClient } from '../pool.ts';
import { blocksBetween, streamBlocks } from './reading-blocks.ts';
import { isAnyOf, type Series, streamRows } from './series.ts';

/** The points and the time to read; `from` undefined means from the first reading on. */
interface Wanted {
  pointIds: number[];
  from: Date | undefined;
  to: Date;
}

/** A settled day of a point without its readings. Times are milliseconds since 1970. */
export interface BlockSummary {
  pointId: number;
  first: number;
  last: number;
  count: number;
  min: number;
  max: number;
  sum: number;
}

/** Points whose blocks are in memory at the same time, for a day; for longer spans fewer. */
const pointsAtOnce = 400;

/** The condition for rows of `reading`. */
const rowsBetween = ({ pointIds, from, to }: Wanted) =>
  `${isAnyOf(pointIds)} and ts >= '${from?.toISOString() ?? '-infinity'}' and ts < '${to.toISOString()}'`;

/**
 * All readings of some points, settled or not, one point after another. Both stores are read in one snapshot: a day that is
 * settled meanwhile is read once. Points without blocks are in memory one at a time, others a few hundred.
 */
export async function* streamReadings(
  pool: Pool,
  pointIds: number[],
  from: Date | undefined,
  to: Date,
  signal?: AbortSignal,
): AsyncGenerator<Series> {
  signal?.throwIfAborted();
  if (pointIds.length === 0) return;
  yield* inSnapshot(pool, async function* (client) {
    const settled = await settledPoints(client, { pointIds, from, to });
    const wanted = [...pointIds].sort((a, b) => a - b);
    // One run of points after another that have blocks, or have none.
    for (let at = 0; at < wanted.length; ) {
      const days = settled.get(wanted[at] as number);
      let end = at + 1;
      const most = days ? Math.max(1, Math.floor(pointsAtOnce / days)) : Number.POSITIVE_INFINITY;
      while (end < wanted.length && end - at < most && settled.has(wanted[end] as number) === Boolean(days))
        end++;
      const chunk = { pointIds: wanted.slice(at, end), from, to };
      if (days) yield* readBoth(client, chunk, blocksBetween(chunk.pointIds, from, to), signal);
      else yield* streamRows(client, rowsOf(chunk), signal);
      at = end;
    }
  });
}

const rowsOf = (wanted: Wanted) =>
  `select point_id, ts, value from reading where ${rowsBetween(wanted)} order by point_id, ts`;

/**
 * Readings for which a summary of a settled day may be enough: those blocks are not opened.
 * @param suffices whether a day within the span is needed as a summary only
 */
export async function* summarizeReadings(
  pool: Pool,
  wanted: Wanted,
  suffices: (summary: BlockSummary) => boolean,
): AsyncGenerator<BlockSummary | Series> {
  const { pointIds, from, to } = wanted;
  if (pointIds.length === 0) return;
  yield* inSnapshot(pool, async function* (client) {
    const millis = (column: string) => `extract(epoch from ${column})::float8 * 1000`;
    const { rows } = await client.query<BlockSummary & { day: string; isWhole: boolean }>(
      `select point_id as "pointId", day, ${millis('first')} as first, ${millis('last')} as last, count, min, max, sum,
         not exists (select from reading where reading.point_id = block.point_id
           and reading.ts between block.first and block.last) as "isWhole"
       from reading_block block where ${blocksBetween(pointIds, from, to)} order by point_id, day`,
    );
    const [start, end] = [from?.getTime() ?? Number.NEGATIVE_INFINITY, to.getTime()];
    const opened = rows.filter(({ day, isWhole, ...summary }) => {
      const { first, last } = summary;
      return !(isWhole && first >= start && last < end && suffices(summary));
    });
    const isOpened = new Set(opened);
    for (const { day, isWhole, ...summary } of rows.filter((row) => !isOpened.has(row))) yield summary;
    const blocks = `(point_id, day) in (select * from
      unnest('{${opened.map(({ pointId }) => pointId)}}'::int[], '{${opened.map(({ day }) => day)}}'::date[]))`;
    yield* readBoth(client, wanted, blocks);
  });
}

async function* inSnapshot<T>(
  pool: Pool,
  read: (client: PoolClient) => AsyncGenerator<T>,
): AsyncGenerator<T> {
  const client = await pool.connect();
  let finished = false;
  try {
    await client.query('begin isolation level repeatable read read only');
    // A slow reader, such as a pager behind an export, may pause between two points.
    await client.query('set local idle_in_transaction_session_timeout = 0');
    yield* read(client);
    await client.query('commit');
    finished = true;
  } finally {
    // An unfinished COPY or transaction cannot be used again.
    client.release(!finished);
  }
}

/** The points with blocks in the span, and how many each has. */
async function settledPoints(
  client: PoolClient,
  { pointIds, from, to }: Wanted,
): Promise<Map<number, number>> {
  const { rows } = await client.query<{ pointId: number; days: number }>(
    `select point_id as "pointId", count(*)::int as days from reading_block
     where ${blocksBetween(pointIds, from, to)} group by point_id`,
  );
  return new Map(rows.map(({ pointId, days }) => [pointId, days]));
}

/** @param where the condition for the blocks */
async function* readBoth(
  client: PoolClient,
  wanted: Wanted,
  where: string,
  signal?: AbortSignal,
): AsyncGenerator<Series> {
  const { pointIds, from, to } = wanted;
  const blocks = new Map<number, Series[]>();
  for await (const block of streamBlocks(client, where, signal)) {
    const known = blocks.get(block.pointId);
    if (known) known.push(block);
    else blocks.set(block.pointId, [block]);
  }
  const hot = new Map<number, Series>();
  for await (const series of streamRows(client, rowsOf(wanted), signal)) hot.set(series.pointId, series);
  for (const pointId of pointIds) {
    const series = within(merged(pointId, blocks.get(pointId) ?? [], hot.get(pointId)), from, to);
    if (series.times.length > 0) yield series;
  }
}

/** One series of a point's blocks, in order of their days, and of rows, which win where both have an instant. */
export function merged(pointId: number, blocks: Series[], hot: Series | undefined): Series {
  const [only] = blocks;
  if (blocks.length === 1 && !hot) return only as Series;
  if (blocks.length === 0 && hot) return hot;
  const most = blocks.reduce((sum, { times }) => sum + times.length, hot?.times.length ?? 0);
  const times = new Float64Array(most);
  const values = new Float64Array(most);
  let length = 0;
  let next = 0; // of the rows
  for (const block of blocks) {
    const upcoming = hot?.times[next];
    if (upcoming === undefined || upcoming > (block.times.at(-1) as number)) {
      times.set(block.times, length);
      values.set(block.values, length);
      length += block.times.length;
      continue;
    }
    for (let n = 0; n < block.times.length; n++) {
      const time = block.times[n] as number;
      while (hot && next < hot.times.length && (hot.times[next] as number) < time) {
        times[length] = hot.times[next] as number;
        values[length++] = hot.values[next++] as number;
      }
      if (hot && hot.times[next] === time) continue;
      times[length] = time;
      values[length++] = block.values[n] as number;
    }
  }
  for (; hot && next < hot.times.length; next++) {
    times[length] = hot.times[next] as number;
    values[length++] = hot.values[next] as number;
  }
  return { pointId, times: times.subarray(0, length), values: values.subarray(0, length) };
}

function within({ pointId, times, values }: Series, from: Date | undefined, to: Date): Series {
  const start = from ? firstAtOrAfter(times, from.getTime()) : 0;
  const end = firstAtOrAfter(times, to.getTime());
  return { pointId, times: times.subarray(start, end), values: values.subarray(start, end) };
}

/** @returns the position of the first time that is not earlier; the length if there is none */
export function firstAtOrAfter(times: Float64Array, time: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] as number) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
