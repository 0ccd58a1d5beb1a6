import { createPool, migrate, type Pool } from '@mycelium/database';
import { type Bench, type BenchContext, type BenchRow, createDatabase, median, time } from './bench.ts';
import { writeReadings } from './readings/farm.ts';
import { naiveChanges } from './readings/naive-changes.ts';
import { startWorkerOf } from './readings/worker.ts';

const pointsOfRoom = 30;
const minutesOfDay = 1_440;
/** Minutes between changes: each new value differs enough from the previous one to count as a change. */
const changeEvery = 180;
const end = new Date('2026-03-21T00:05:00Z');
const hours = (n: number) => new Date(end.getTime() - n * 3_600_000);

/**
 * P4: the real worker finds every change of 30 points per room in the last hour and the last day, for 10, 100 and 1,000
 * rooms. The naive way queries each point; the limit is a bare `sum(value)` over the same rows.
 */
export const bench: Bench = { name: 'setpoints', ids: ['P4'], run };

async function run(context: BenchContext): Promise<BenchRow[]> {
  return [
    ...(await measure(context, 100, [
      { name: '100 rooms, an hour', from: hours(1), rounds: 5 },
      // Only twice: the naive way takes a minute or two for its 24,000 INSERTs.
      { name: '100 rooms, a day', from: hours(24), rounds: 2 },
    ])),
    ...(await measure(context, 10, [{ name: '10 rooms, an hour', from: hours(1), rounds: 5 }])),
    ...(await measure(context, 1_000, [{ name: '1,000 rooms, an hour', from: hours(1), rounds: 5 }])),
  ];
}

async function measure(
  { databaseUrl: server, redisUrl, workDir, log }: BenchContext,
  rooms: number,
  windows: { name: string; from: Date; rounds: number }[],
): Promise<BenchRow[]> {
  const databaseUrl = await createDatabase(server, 'bench_setpoints');
  const pool = createPool(databaseUrl, { name: 'bench', max: 2 });
  await migrate(pool);
  const minutes = rooms > 100 ? 240 : minutesOfDay + 60;
  const written = await time(() => writeSetpoints(pool, rooms, minutes));
  log(`${rooms} rooms written in ${written.toFixed(0)} s`);
  const worker = await startWorkerOf('hourly_setpoint_monitoring', {
    pool,
    databaseUrl,
    redisUrl,
    home: workDir,
  });
  const rows: BenchRow[] = [];
  try {
    for (const { name, from, rounds } of windows) {
      const seconds: { ours: number; naive: number; limit: number }[] = [];
      for (let round = 0; round <= rounds; round++) {
        await rewind(pool, from);
        const limit = await time(() => sumOfWindow(pool, from));
        const { seconds: ours, report } = await worker.run(end);
        const { changes } = report as { changes: number };
        await rewind(pool, from);
        const foundNaively = { changes: 0 };
        const naive = await time(async () => {
          foundNaively.changes = await naiveChanges(pool, from, end);
        });
        if (changes === 0 || changes !== foundNaively.changes) {
          throw new Error(`${changes} changes found, and ${foundNaively.changes} by asking for each point`);
        }
        log(`${name}: ours ${ours.toFixed(2)} s, naive ${naive.toFixed(2)} s, limit ${limit.toFixed(2)} s`);
        if (round > 0) seconds.push({ ours, naive, limit }); // the first warms up
      }
      const readings = (rooms * pointsOfRoom * (end.getTime() - from.getTime())) / 60_000;
      rows.push({
        id: 'P4',
        case: name,
        unit: 'readings/s',
        ours: readings / median(seconds.map(({ ours }) => ours)),
        naive: readings / median(seconds.map(({ naive }) => naive)),
        limit: readings / median(seconds.map(({ limit }) => limit)),
        vsNaive: median(seconds.map(({ ours, naive }) => naive / ours)),
        vsLimit: median(seconds.map(({ ours, limit }) => limit / ours)),
        n: readings,
      });
    }
  } finally {
    await worker.stop();
    await pool.end();
  }
  return rows;
}

/** Up to the end of the window, each point keeps its value for some hours and changes by a degree at its own minute. */
async function writeSetpoints(pool: Pool, rooms: number, minutes: number): Promise<void> {
  await pool.query(
    `insert into point (room, device_type, device, point, kind)
     select 'room' || room, 'air_cooler', 'cooler' || n || '_room' || room, 'temp_set', 'analog'
     from generate_series(1, $1) room, generate_series(1, $2) n`,
    [rooms, pointsOfRoom],
  );
  const from = new Date(end.getTime() - minutes * 60_000).toISOString();
  await writeReadings(pool, { from, minutes }, `15 + (n + id * 7) / ${changeEvery} % 5`);
}

/** As if the previous window had just been read: its last values are known, and nothing of this window is. */
async function rewind(pool: Pool, from: Date): Promise<void> {
  await pool.query('truncate setpoint_change, setpoint_watermark');
  await pool.query(
    `insert into setpoint_change (point_id, changed_at, previous, value, slot)
     select id, ts, null, value, $1 from point join reading on point_id = id
     where ts = $1::timestamptz - interval '1 minute'`,
    [from],
  );
  await pool.query(
    'insert into setpoint_watermark (room, until) select distinct room, $1::timestamptz from point',
    [from],
  );
  await pool.query('analyze setpoint_change');
}

async function sumOfWindow(pool: Pool, from: Date): Promise<void> {
  await pool.query(
    `select sum(value) from reading where point_id = any((select array_agg(id) from point)::int[])
       and ts >= $1 and ts < $2`,
    [from, end],
  );
}
