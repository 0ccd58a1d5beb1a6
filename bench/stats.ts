import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { readConfig } from '@mycelium/config';
import {
  createPool,
  migrate,
  type Pool,
  settleReadings,
  streamReadings,
  takeLease,
} from '@mycelium/database';
import { discardHome, startServices } from '@mycelium/embedded';
import { createTestHome } from '@mycelium/embedded/testing';
import { addDays } from '@mycelium/farm';
import { slotForDay } from '@mycelium/queue';
import { type Bench, type BenchContext, type BenchRow, createDatabase, median, time } from './bench.ts';
import { type Span, writeReadings } from './readings/farm.ts';
import { naiveStats } from './readings/naive-stats.ts';
import { startWorkerOf } from './readings/worker.ts';

const rounds = 5;
const day = '2026-03-20';
const minutesOfDay = 1_440;

/**
 * P3: the real worker computes a day's statistics for 100 rooms in a month of 13 million readings, and for 10 and 1,000
 * rooms with only that day. The naive way fetches rows as objects; the limit is a bare `sum(value)` over the same rows.
 */
export const bench: Bench = { name: 'stats', ids: ['P3'], run };

async function run(context: BenchContext): Promise<BenchRow[]> {
  const whole = { from: '2026-03-01T00:00Z', minutes: 30 * minutesOfDay };
  const alone = { from: `${day}T00:00Z`, minutes: minutesOfDay };
  return [
    await measure(context, 100, whole, '100 rooms in a month of 13 million'),
    await measure(context, 10, alone, '10 rooms'),
    await measure(context, 1_000, alone, '1,000 rooms'),
    await measureSettled(context, alone),
    await readCold(context, alone),
  ];
}

/** The real worker on a settled day; the naive way and the limit on the same readings as rows. */
async function measureSettled(
  { databaseUrl: server, redisUrl, workDir, log }: BenchContext,
  span: Span,
): Promise<BenchRow> {
  const rooms = 100;
  const databaseUrl = await createDatabase(server, 'bench_settled');
  const settled = createPool(databaseUrl, { name: 'bench', max: 2 });
  const rows = createPool(await createDatabase(server, 'bench_stats'), { name: 'bench', max: 2 });
  for (const pool of [settled, rows]) {
    await migrate(pool);
    await writeClimate(pool, rooms, span);
  }
  await settle(settled);
  const worker = await startWorkerOf('daily_env_stats', {
    pool: settled,
    databaseUrl,
    redisUrl,
    home: workDir,
  });
  const slot = slotForDay('daily_env_stats', day, 'UTC');
  const seconds: { ours: number; naive: number; limit: number }[] = [];
  try {
    for (let round = 0; round <= rounds; round++) {
      await settled.query('delete from env_daily_stats');
      const limit = await time(() => sumOfDay(rows));
      const { seconds: ours } = await worker.run(slot);
      await checkRows(settled, rooms);
      await rows.query('delete from env_daily_stats');
      const naive = await time(() => naiveStats(rows, day));
      log(`settled: ours ${ours.toFixed(2)} s, naive ${naive.toFixed(2)} s, limit ${limit.toFixed(2)} s`);
      if (round > 0) seconds.push({ ours, naive, limit });
    }
  } finally {
    await worker.stop();
    await Promise.all([settled.end(), rows.end()]);
  }
  return rowOf('100 rooms, settled', rooms, seconds);
}

/** Reading a day that is in no cache: blocks, and rows. */
async function readCold({ log }: BenchContext, span: Span): Promise<BenchRow> {
  const rooms = 1_000;
  const home = await createTestHome(readConfig().MYCELIUM_HOME);
  let services = await startServices({ home, redis: false, postgres: true });
  const names = ['bench_blocks', 'bench_rows'] as const;
  const connect = (name: string) =>
    createPool(Object.assign(new URL(services.databaseUrl as string), { pathname: `/${name}` }).href, {
      name: 'bench',
      max: 2,
    });
  const restart = async () => {
    await services.stop();
    await dropCaches(join(home, 'postgres', 'data', 'base'));
    services = await startServices({ home, redis: false, postgres: true });
  };
  const found: Record<string, number[]> = { bench_blocks: [], bench_rows: [] };
  try {
    for (const name of names) {
      const pool = createPool(await createDatabase(services.databaseUrl as string, name), {
        name: 'bench',
        max: 2,
      });
      await migrate(pool);
      await writeClimate(pool, rooms, span);
      if (name === 'bench_blocks') await settle(pool);
      await pool.end();
    }
    for (let round = 0; round < 3; round++) {
      for (const name of names) {
        await restart();
        const pool = connect(name);
        const { rows } = await pool.query<{ id: number }>('select id from point');
        const ids = rows.map(({ id }) => id);
        let readings = 0;
        const seconds = await time(async () => {
          const from = new Date(`${day}T00:00Z`);
          const to = new Date(from.getTime() + minutesOfDay * 60_000);
          for await (const { values } of streamReadings(pool, ids, from, to)) readings += values.length;
        });
        if (readings !== rooms * 3 * minutesOfDay) throw new Error(`${readings} readings`);
        log(`cold, ${name}: ${seconds.toFixed(2)} s`);
        found[name]?.push(seconds);
        await pool.end();
      }
    }
  } finally {
    await services.stop();
    await discardHome(home);
  }
  const readings = rooms * 3 * minutesOfDay;
  const [ours, naive] = names.map((name) => median(found[name] as number[])) as [number, number];
  return {
    ...{ id: 'P3', case: 'reading 1,000 rooms settled, cold, against rows', unit: 'readings/s', n: readings },
    ...{ ours: readings / ours, naive: readings / naive, limit: null, vsNaive: naive / ours, vsLimit: null },
  };
}

/** Takes the files of a stopped server out of the system's cache. */
async function dropCaches(folder: string): Promise<void> {
  const command = `find "$0" -type f -exec dd if={} iflag=nocache count=0 status=none \\;`;
  const [code] = await once(spawn('sh', ['-c', command, folder], { stdio: 'inherit' }), 'exit');
  if (code !== 0) throw new Error('the caches were not dropped');
}

async function settle(pool: Pool): Promise<void> {
  const lease = await takeLease(pool, 'bench', 'bench', 3_600);
  if (!lease) throw new Error('no lease');
  await settleReadings({ pool, lease, before: addDays(day, 1) });
  await pool.query('vacuum analyze');
}

async function measure(
  { databaseUrl: server, redisUrl, workDir, log }: BenchContext,
  rooms: number,
  span: Span,
  name: string,
): Promise<BenchRow> {
  const databaseUrl = await createDatabase(server, 'bench_stats');
  const pool = createPool(databaseUrl, { name: 'bench', max: 2 });
  await migrate(pool);
  const written = await time(() => writeClimate(pool, rooms, span));
  log(`${name}: written in ${written.toFixed(0)} s`);
  const worker = await startWorkerOf('daily_env_stats', { pool, databaseUrl, redisUrl, home: workDir });
  const slot = slotForDay('daily_env_stats', day, 'UTC');
  const seconds: { ours: number; naive: number; limit: number }[] = [];
  try {
    for (let round = 0; round <= rounds; round++) {
      await pool.query('delete from env_daily_stats');
      const limit = await time(() => sumOfDay(pool));
      const { seconds: ours } = await worker.run(slot);
      await checkRows(pool, rooms);
      await pool.query('delete from env_daily_stats');
      const naive = await time(() => naiveStats(pool, day));
      log(`${name}: ours ${ours.toFixed(2)} s, naive ${naive.toFixed(2)} s, limit ${limit.toFixed(2)} s`);
      if (round > 0) seconds.push({ ours, naive, limit }); // the first warms up
    }
  } finally {
    await worker.stop();
    await pool.end();
  }
  return rowOf(name, rooms, seconds);
}

function rowOf(
  name: string,
  rooms: number,
  seconds: { ours: number; naive: number; limit: number }[],
): BenchRow {
  const readings = rooms * 3 * minutesOfDay;
  return {
    id: 'P3',
    case: name,
    unit: 'readings/s',
    ours: readings / median(seconds.map(({ ours }) => ours)),
    naive: readings / median(seconds.map(({ naive }) => naive)),
    limit: readings / median(seconds.map(({ limit }) => limit)),
    vsNaive: median(seconds.map(({ ours, naive }) => naive / ours)),
    vsLimit: median(seconds.map(({ ours, limit }) => limit / ours)),
    n: readings,
  };
}

/** A climate in which every value differs from the previous one and none is bad. */
async function writeClimate(pool: Pool, rooms: number, span: Span): Promise<void> {
  await pool.query(
    `insert into point (room, device_type, device, point, kind)
     select 'room' || room, 'mushroom_env_status', 'mushroom_env_status_room' || room, metric, 'measurement'
     from generate_series(1, $1) room, unnest('{temperature,humidity,co2}'::text[]) metric`,
    [rooms],
  );
  await writeReadings(pool, span, '15 + (id * 7 + n * 37) % 101 / 50.0');
}

async function sumOfDay(pool: Pool): Promise<void> {
  await pool.query(
    `select sum(value) from reading where point_id = any((select array_agg(id) from point)::int[])
       and ts >= $1::timestamptz and ts < $1::timestamptz + interval '1 day'`,
    [`${day}T00:00Z`],
  );
}

async function checkRows(pool: Pool, rooms: number): Promise<void> {
  const { rows } = await pool.query<{ rows: number; readings: number }>(
    'select count(*) as rows, sum(count) as readings from env_daily_stats',
  );
  const [found] = rows;
  if (Number(found?.rows) !== rooms * 3 || Number(found?.readings) !== rooms * 3 * minutesOfDay) {
    throw new Error(`wrong statistics: ${JSON.stringify(found)}`);
  }
}
