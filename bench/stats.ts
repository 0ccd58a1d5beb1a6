import { createPool, migrate, type Pool } from '@mycelium/database';
import { slotForDay } from '@mycelium/queue';
import { type Bench, type BenchContext, type BenchRow, createDatabase, median, time } from './bench.ts';
import { writeReadings } from './readings/farm.ts';
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
  ];
}

async function measure(
  { databaseUrl: server, redisUrl, workDir, log }: BenchContext,
  rooms: number,
  span: { from: string; minutes: number },
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
async function writeClimate(
  pool: Pool,
  rooms: number,
  span: { from: string; minutes: number },
): Promise<void> {
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
