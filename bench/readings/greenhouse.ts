/**
 * `node bench/readings/greenhouse.ts FOLDER`: GreenhouseClimate.csv and GreenhouseControls.csv (CEAOD/Data, AGC2022
 * Reference) through the commands and the real workers, compared with the results of plain code.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readConfig } from '@mycelium/config';
import { copyReadings, createPool, migrate, type Reading } from '@mycelium/database';
import { discardHome, startServices } from '@mycelium/embedded';
import { createTestHome } from '@mycelium/embedded/testing';
import { addDays, daysBetween } from '@mycelium/farm';
import { slotForDay } from '@mycelium/queue';
import { createDatabase } from '../bench.ts';
import { startWorkerOf } from './worker.ts';

const [folder] = process.argv.slice(2);
if (!folder) throw new Error('expected the folder of GreenhouseClimate.csv and GreenhouseControls.csv');
const days = daysBetween('2022-02-01', '2022-03-15');
const metrics = { temperature: 'Tair', humidity: 'Rhair', co2: 'CO2air' };

const home = await createTestHome(readConfig().MYCELIUM_HOME);
const services = await startServices({ home, redis: true, postgres: true });
const { databaseUrl: server, redisUrl } = services as { databaseUrl: string; redisUrl: string };
const workDir = await mkdtemp(join(tmpdir(), 'mycelium-greenhouse-'));
const databaseUrl = await createDatabase(server, 'greenhouse');
const pool = createPool(databaseUrl, { name: 'greenhouse', max: 4 });
const connections = { pool, databaseUrl, redisUrl, home: workDir };
try {
  await migrate(pool);
  const climate = join(folder, 'GreenhouseClimate.csv');
  const maps = Object.entries(metrics).map(
    ([metric, column]) => `${column}=mushroom_env_status_gh.${metric}`,
  );
  await importFile(climate, maps);
  await importFile(join(folder, 'GreenhouseControls.csv'), ['heating_temp_vip=air_cooler_gh.temp_set']);
  await checkDays(await columnsOf(climate));
  await checkChanges((await columnsOf(join(folder, 'GreenhouseControls.csv'))).get('heating_temp_vip') ?? []);
} finally {
  await pool.end();
  await services.stop();
  await discardHome(home);
  await rm(workDir, { recursive: true });
}

async function importFile(file: string, maps: string[]) {
  const main = new URL('../../apps/cli/src/main.ts', import.meta.url).pathname;
  const format = ['--room', 'gh', '--time-column', 'Date', '--time-format', 'M/D/YYYY H:mm'];
  const args = [main, 'import', 'readings', file, ...format, ...maps.flatMap((map) => ['--map', map])];
  const env = { MYCELIUM_HOME: workDir, DATABASE_URL: databaseUrl, TZ: 'UTC' };
  console.log((await promisify(execFile)(process.execPath, args, { env })).stdout);
}

/** Column → its values with their times, without empty cells. */
async function columnsOf(file: string): Promise<Map<string, { time: number; value: number }[]>> {
  const [header = '', ...lines] = (await readFile(file, 'utf8')).trimEnd().split(/\r?\n/);
  const [, ...names] = header.split(',');
  const columns = new Map(names.map((name) => [name, [] as { time: number; value: number }[]]));
  for (const line of lines) {
    const [date = '', ...cells] = line.split(',');
    const time = Date.parse(`${date} UTC`);
    for (const [n, name] of names.entries()) {
      if (cells[n]?.trim()) columns.get(name)?.push({ time, value: Number(cells[n]) });
    }
  }
  return columns;
}

async function checkDays(columns: Awaited<ReturnType<typeof columnsOf>>) {
  const worker = await startWorkerOf('daily_env_stats', connections);
  for (const day of days) await worker.run(slotForDay('daily_env_stats', day, 'UTC'));
  await worker.stop();
  const { rows } = await pool.query(
    `select *, extract(epoch from longest_gap)::int as gap from env_daily_stats order by day, metric`,
  );
  const found = new Map(rows.map((row) => [`${row.day} ${row.metric}`, row]));
  let compared = 0;
  for (const day of days) {
    for (const [metric, column] of Object.entries(metrics)) {
      const start = Date.parse(day);
      const end = Date.parse(addDays(day, 1));
      const values = (columns.get(column) ?? [])
        .filter(({ time }) => time >= start && time < end)
        .map(({ value }) => value)
        .sort((a, b) => a - b);
      const row = found.get(`${day} ${metric}`);
      assert.ok(row, `${day} ${metric} is missing`);
      assert.equal(row.count + row.bad_count, values.length, `${day} ${metric}: count`);
      if (row.bad_count > 0) {
        console.log(`${day} ${metric}: ${row.bad_count} of ${values.length} left out as bad`);
        continue;
      }
      const expected = {
        min: values[0],
        q25: textbookQuantile(values, 0.25),
        median: textbookQuantile(values, 0.5),
        q75: textbookQuantile(values, 0.75),
        p5: textbookQuantile(values, 0.05),
        p95: textbookQuantile(values, 0.95),
        mean: values.reduce((sum, value) => sum + value, 0) / values.length,
        max: values.at(-1),
      };
      for (const [name, value] of Object.entries(expected)) {
        assert.ok(
          Math.abs(row[name] - (value as number)) < 1e-9,
          `${day} ${metric} ${name}: ${row[name]} ${value}`,
        );
      }
      compared++;
    }
  }
  console.log(`${compared} of ${days.length * 3} days of a metric compared, all equal`);
  const blank = found.get('2022-03-03 temperature');
  console.log(`2022-03-03: ${blank.count}/${blank.expected_count}, longest gap ${blank.gap / 60} min`);
}

/** Hyndman & Fan's type 7, straight from its definition. */
function textbookQuantile(sorted: number[], p: number): number {
  const h = (sorted.length - 1) * p;
  const below = sorted[Math.floor(h)] as number;
  return below + (h - Math.floor(h)) * ((sorted[Math.ceil(h)] as number) - below);
}

async function checkChanges(series: { time: number; value: number }[]) {
  const expected = textbookChanges(series);
  console.log(`the textbook finds ${expected.length} changes of heating_temp_vip at 0.5`);
  const { rows } = await pool.query<{ id: number }>(`select id from point where point = 'temp_set'`);
  const pointId = rows[0]?.id as number;
  const all = series.map(({ time, value }): Reading => ({ pointId, ts: new Date(time), value }));
  const last = new Date('2022-03-16T00:05:00Z');
  const worker = await startWorkerOf('hourly_setpoint_monitoring', connections);

  const rewind = async () => {
    await pool.query('truncate setpoint_change, setpoint_watermark, late_reading');
  };
  const check = async (name: string) => {
    const { rows: changes } = await pool.query<{ at: Date; previous: number; value: number }>(
      'select changed_at as at, previous, value from setpoint_change where previous is not null order by 1',
    );
    assert.deepEqual(
      changes.map(({ at, previous, value }) => [at.getTime(), previous, value]),
      expected,
    );
    console.log(`${changes.length} changes ${name}`);
  };

  await rewind();
  await worker.run(last);
  await check('in one window');

  await rewind();
  const first = Date.parse('2022-02-01T00:05:00Z');
  for (let slot = first; slot <= last.getTime(); slot += 3_600_000) await worker.run(new Date(slot));
  await check('in hourly windows');

  const random = seeded(721);
  const late = all.filter(() => random() < 0.1);
  await rewind();
  await pool.query('delete from reading where point_id = $1 and ts = any($2)', [
    pointId,
    late.map(({ ts }) => ts),
  ]);
  let [repeated, killed, brought] = [0, 0, 0];
  for (let slot = first; slot < last.getTime(); slot += (1 + Math.floor(random() * 30)) * 3_600_000) {
    const at = new Date(slot);
    if (random() < 0.06) {
      const running = worker.run(at);
      await new Promise((resolve) => setTimeout(resolve, random() * 60));
      await worker.killAndRestart();
      await running;
      killed++;
    } else await worker.run(at);
    if (random() < 0.3) {
      await worker.run(at);
      repeated++;
    }
    const due = late.filter(({ ts }) => ts < at).slice(brought);
    await copyReadings(pool, due);
    brought += due.length;
  }
  await copyReadings(pool, late.slice(brought));
  await worker.run(last);
  await check(`in random windows, ${repeated} runs repeated, ${killed} killed, ${late.length} readings late`);
  await worker.stop();
}

/** With whole hundredths there is no rounding. */
function textbookChanges(series: { time: number; value: number }[]) {
  const changes: [number, number, number][] = [];
  let reported: number | undefined;
  for (const { time, value } of series) {
    if (reported !== undefined) {
      if (Math.abs(Math.round(value * 100) - Math.round(reported * 100)) < 50) continue;
      changes.push([time, reported, value]);
    }
    reported = value;
  }
  return changes;
}

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}
