import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip, zstdCompressSync } from 'node:zlib';
import { roomSeries } from '@mycelium/dashboard/src/rooms/room-series.ts';
import {
  copyReadings,
  createPool,
  migrate,
  type Pool,
  type Reading,
  settleReadings,
  takeLease,
} from '@mycelium/database';
import { seededRandom } from '@mycelium/encoder/random';
import { fileWriter, ParquetWriter, schemaFromColumnData } from 'hyparquet-writer';
import { type Bench, type BenchContext, type BenchRow, createDatabase, median, time } from './bench.ts';
import { daysOfDemo, type Values } from './blocks/demo-days.ts';
import { aggregatedRows } from './blocks/naive-curve.ts';
import { writeReadings } from './readings/farm.ts';

const dayMillis = 86_400_000;

/**
 * P10: what a reading takes on disk, index included, settled and as rows. P11: how fast days are settled, and how fast others
 * write meanwhile. P12: the curves of a room. P13: a year of the demo farm beside files of the same readings.
 */
export const bench: Bench = { name: 'blocks', ids: ['P10', 'P11', 'P12', 'P13'], run };

async function run(context: BenchContext): Promise<BenchRow[]> {
  return [
    ...(await sizes(context)),
    ...(await settling(context)),
    ...(await curves(context)),
    ...(await wholeYear(context)),
  ];
}

async function open({ databaseUrl }: BenchContext, name: string): Promise<Pool> {
  const pool = createPool(await createDatabase(databaseUrl, name), {
    name: 'bench',
    max: 4,
    parallel: false,
  });
  await migrate(pool);
  return pool;
}

async function settle(pool: Pool, before: string) {
  const lease = await takeLease(pool, `bench ${before} ${Math.random()}`, 'bench', 3_600);
  if (!lease) throw new Error('no lease');
  return settleReadings({ pool, lease, before });
}

/** As a later run does. */
async function dropEmptied(pool: Pool): Promise<void> {
  await pool.query(`update reading_emptied set at = at - interval '2 hours'`);
  await settle(pool, '2000-01-01');
}

/** Bytes with indexes and what is stored apart. */
async function bytesOf(pool: Pool, table: 'reading' | 'reading_block'): Promise<number> {
  const { rows } = await pool.query<{ bytes: number }>(
    `select sum(pg_total_relation_size(inhrelid))::int8 as bytes from pg_inherits where inhparent = $1::regclass`,
    [table],
  );
  return Number(rows[0]?.bytes);
}

const jitter = seededRandom(1);

/** How the demo's readings are reported. */
const reports: Record<string, { most: number; change: (values: Values) => Values }> = {
  'demo farm': { most: 4, change: (values) => values },
  'jittered timestamps': {
    most: 9,
    change: (values) => values.map((each) => ({ ...each, time: each.time + Math.floor(jitter() * 30_000) })),
  },
  'report on change': {
    most: 12,
    change: (values) => values.filter(({ value }, n) => n === 0 || value !== values[n - 1]?.value),
  },
};

async function sizes(context: BenchContext): Promise<BenchRow[]> {
  const rows: BenchRow[] = [];
  for (const [name, { most, change }] of Object.entries(reports)) {
    const pool = await open(context, 'bench_sizes');
    let n = 0;
    for await (const readings of daysOfDemo(pool, { from: '2026-01-01', days: 14 }, change)) {
      await copyReadings(pool, readings);
      n += readings.length;
    }
    const before = (await bytesOf(pool, 'reading')) / n;
    await settle(pool, '2026-02-01');
    const ours = (await bytesOf(pool, 'reading_block')) / n;
    context.log(`${name}: ${ours.toFixed(2)} bytes a reading, ${before.toFixed(0)} as rows`);
    await pool.end();
    rows.push({
      ...{ id: 'P10', case: name, unit: 'bytes a reading', ours, naive: before, limit: most, n },
      vsNaive: before / ours,
      vsLimit: most / ours,
    });
  }
  return rows;
}

async function settling(context: BenchContext): Promise<BenchRow[]> {
  const pool = await open(context, 'bench_settling');
  const [points, days] = [1_500, 4];
  await pool.query(
    `insert into point (room, device_type, device, point, kind)
     select 'room' || n / 3, 'mushroom_env_status', 'sensor' || n, 'temperature', 'measurement'
     from generate_series(1, $1) n`,
    [points],
  );
  await writeReadings(
    pool,
    { from: '2026-03-01T00:00Z', minutes: days * 1_440 },
    '15 + (id * 7 + n * 37) % 101 / 50.0',
  );
  const alone: number[] = [];
  const rates: number[] = [];
  const beside: number[] = [];
  const undisturbed: number[] = [];
  const writer = createWriter(pool);
  for (let day = 2; day <= days; day++) {
    const before = `2026-03-0${day}`;
    undisturbed.push(await writer.rateFor(5));
    if (day % 2 === 0) {
      const seconds = await time(() => settle(pool, before));
      alone.push((points * 1_440) / seconds);
    } else {
      const running = settle(pool, before);
      let isDone = false;
      const began = performance.now();
      const ended = running.then(() => {
        isDone = true;
        rates.push((points * 1_440) / ((performance.now() - began) / 1_000));
      });
      beside.push(await writer.rateFor(3_600, () => isDone));
      await ended;
    }
    context.log(
      `settled before ${before}: alone ${alone.at(-1)?.toFixed(0)}/s, beside a writer ${rates.at(-1)?.toFixed(0)}/s`,
    );
  }
  await pool.end();
  const n = points * 1_440;
  const ours = median(alone);
  return [
    {
      ...{ id: 'P11', case: 'settling', unit: 'readings/s', ours, naive: null, limit: 300_000, n },
      ...{ vsNaive: null, vsLimit: ours / 300_000 },
    },
    {
      ...{ id: 'P11', case: 'settling while a client writes', unit: 'readings/s', ours: median(rates), n },
      ...{ naive: null, limit: 300_000, vsNaive: null, vsLimit: median(rates) / 300_000 },
    },
    {
      ...{ id: 'P11', case: 'writes meanwhile', unit: 'readings/s', ours: median(beside), naive: null, n },
      ...{ limit: median(undisturbed), vsNaive: null, vsLimit: median(beside) / median(undisturbed) },
    },
  ];
}

/** A client that writes new readings of today, 2,000 at a time. */
function createWriter(pool: Pool) {
  let minute = 0;
  const today = Math.floor(Date.now() / dayMillis) * dayMillis;
  return {
    async rateFor(seconds: number, isOver = () => false): Promise<number> {
      const began = performance.now();
      let written = 0;
      while (performance.now() - began < seconds * 1_000 && !isOver()) {
        const ts = new Date(today + minute++ * 1_000);
        const readings = Array.from({ length: 2_000 }, (_, pointId) => ({ pointId, ts, value: pointId }));
        written += (await copyReadings(pool, readings)).inserted;
      }
      return written / ((performance.now() - began) / 1_000);
    },
  };
}

async function curves(context: BenchContext): Promise<BenchRow[]> {
  const settled = await open(context, 'bench_curves');
  const rows = await open(context, 'bench_rows');
  const room = '611';
  const to = new Date('2026-01-01T00:00Z');
  for (const pool of [settled, rows]) {
    await pool.query(
      `insert into point (room, device_type, device, point, kind)
       select $1, 'mushroom_env_status', 'mushroom_env_status_' || $1, metric, 'measurement'
       from unnest('{temperature,humidity,co2}'::text[]) metric`,
      [room],
    );
    for (let month = 0; month < 24; month++) {
      const from = new Date(Date.UTC(2024, month)).toISOString();
      const minutes = (Date.UTC(2024, month + 1) - Date.UTC(2024, month)) / 60_000;
      await writeReadings(
        pool,
        { from, minutes },
        'round((17 + 2 * sin(n / 300.0 + id) + (n * 37 % 11) / 20.0)::numeric, 1)',
      );
    }
  }
  await settle(settled, '2026-01-01');
  await dropEmptied(settled);
  await settled.query('vacuum analyze');
  const found: BenchRow[] = [];
  for (const [name, days, most] of [
    ['a month of a room', 30, 20],
    ['2 years of a room', 730, 150],
  ] as const) {
    const wanted = { room, from: new Date(to.getTime() - days * dayMillis), to, buckets: 800 };
    const times: { ours: number; naive: number }[] = [];
    for (let round = 0; round < 16; round++) {
      const ours = (await time(() => roomSeries(settled, wanted))) * 1_000;
      const naive = (await time(() => aggregatedRows(rows, wanted))) * 1_000;
      if (round > 0) times.push({ ours, naive });
    }
    const ours = median(times.map(({ ours }) => ours));
    const naive = median(times.map(({ naive }) => naive));
    context.log(`${name}: ${ours.toFixed(1)} ms, rows ${naive.toFixed(1)} ms`);
    found.push({
      ...{ id: 'P12', case: name, unit: 'ms', ours, naive, limit: most, n: times.length },
      ...{ vsNaive: naive / ours, vsLimit: most / ours },
    });
  }
  await settled.end();
  await rows.end();
  return found;
}

async function wholeYear(context: BenchContext): Promise<BenchRow[]> {
  const pool = await open(context, 'bench_year');
  const files = { csv: join(context.workDir, 'year.csv.gz'), parquet: join(context.workDir, 'year.parquet') };
  const csv = createGzip();
  const csvDone = pipeline(csv, createWriteStream(files.csv));
  const parquet = createParquet(files.parquet);
  let n = 0;
  let hot = 0;
  for (let month = 0; month < 12; month++) {
    const from = new Date(Date.UTC(2025, month)).toISOString().slice(0, 10);
    const days = (Date.UTC(2025, month + 1) - Date.UTC(2025, month)) / dayMillis;
    const ofMonth = new Map<number, { ts: Date; value: number }[]>();
    for await (const readings of daysOfDemo(pool, { from, days }, (values) => values)) {
      await copyReadings(pool, readings);
      n += readings.length;
      for (const { pointId, ts, value } of readings) {
        const known = ofMonth.get(pointId);
        if (known) known.push({ ts, value });
        else ofMonth.set(pointId, [{ ts, value }]);
      }
    }
    // Files are in order of points, as a month's export is.
    const rows = [...ofMonth]
      .sort(([a], [b]) => a - b)
      .flatMap(([pointId, own]) => own.map((each) => ({ pointId, ...each })));
    const text = ({ pointId, ts, value }: Reading) => `${pointId},${ts.toISOString()},${value}\n`;
    for (let at = 0; at < rows.length; at += 50_000)
      if (
        !csv.write(
          rows
            .slice(at, at + 50_000)
            .map(text)
            .join(''),
        )
      )
        await once(csv, 'drain');
    await parquet.write({
      points: Int32Array.from(rows, ({ pointId }) => pointId),
      times: BigInt64Array.from(rows, ({ ts }) => BigInt(ts.getTime()) * 1_000n),
      values: Float64Array.from(rows, ({ value }) => value),
    });
    hot += await bytesOf(pool, 'reading');
    await settle(pool, new Date(Date.UTC(2025, month + 1)).toISOString().slice(0, 10));
    await dropEmptied(pool); // the next month is measured alone
    context.log(
      `${from}: ${n} readings, blocks ${((await bytesOf(pool, 'reading_block')) / n).toFixed(2)} bytes each`,
    );
  }
  csv.end();
  await csvDone;
  await parquet.end();
  const ours = (await bytesOf(pool, 'reading_block')) / n;
  const size = async (file: string) => (await stat(file)).size / n;
  const [gzip, zstd] = [await size(files.csv), await size(files.parquet)];
  await Promise.all(Object.values(files).map((file) => rm(file)));
  await pool.end();
  const row = { id: 'P13', unit: 'bytes a reading', ours, naive: hot / n, vsNaive: hot / n / ours, n };
  return [
    { ...row, case: 'against Parquet (zstd)', limit: zstd, vsLimit: zstd / ours },
    { ...row, case: 'against gzip’d CSV', limit: gzip, vsLimit: gzip / ours },
  ];
}

interface Columns {
  points: Int32Array;
  times: BigInt64Array;
  values: Float64Array;
}

/** A file like DuckDB's: groups of 122,880 rows, zstd, and times as differences. */
function createParquet(filename: string) {
  const columnsOf = ({ points, times, values }: Columns) => [
    { name: 'point_id', data: points, type: 'INT32' as const, nullable: false },
    {
      name: 'ts',
      data: times,
      type: 'INT64' as const,
      nullable: false,
      encoding: 'DELTA_BINARY_PACKED' as const,
    },
    { name: 'value', data: values, type: 'DOUBLE' as const, nullable: false },
  ];
  const none = { points: new Int32Array(), times: new BigInt64Array(), values: new Float64Array() };
  const writer = new ParquetWriter({
    writer: fileWriter(filename),
    schema: schemaFromColumnData({ columnData: columnsOf(none) }),
    codec: 'ZSTD',
    compressors: { ZSTD: (input: Uint8Array) => zstdCompressSync(input) },
  });
  return {
    write: (columns: Columns) => writer.write({ columnData: columnsOf(columns), rowGroupSize: 122_880 }),
    end: () => writer.finish(),
  };
}
