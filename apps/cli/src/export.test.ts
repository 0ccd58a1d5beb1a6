import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Copied, copyReadings, ensurePoints } from '@mycelium/database';
import { createTestDatabase } from '@mycelium/database/testing';
import { parquetReadObjects } from 'hyparquet';
import { formats } from './export-formats.ts';
import { type Row, type Selection, tables } from './export-tables.ts';

type TestContext = Parameters<typeof createTestDatabase>[0];
type What = keyof typeof tables;

const minute = 60_000;
const start = Date.UTC(2026, 2, 2, 16);

/** Two rooms with a temperature every minute for two days, and a mode that changes at noon. */
async function farm(t: TestContext) {
  const pool = await createTestDatabase(t);
  for (const room of ['611', '612']) {
    const points = await ensurePoints(pool, [
      {
        room,
        device: `mushroom_env_status_${room}`,
        deviceType: 'mushroom_env_status',
        point: 'temperature',
      },
      { room, device: `fresh_air_fan_${room}`, deviceType: 'fresh_air_fan', point: 'mode' },
    ]);
    const [temperature, mode] = [...points.entries()]
      .sort()
      .map(([, id]) => id)
      .reverse() as [number, number];
    const readings = Array.from({ length: 2_880 }, (_, n) => {
      return { pointId: temperature, ts: new Date(start + n * minute), value: 18 + (n % 7) / 10 };
    });
    const copied: Copied = await copyReadings(pool, readings);
    assert.equal(copied.inserted, 2_880);
    await pool.query(
      `insert into setpoint_change (point_id, changed_at, previous, value, threshold, slot)
       values ($1, $2, null, 2, null, $2), ($1, $3, 2, 1, null, $3)`,
      [mode, new Date(start), new Date(start + 720 * minute)],
    );
    await pool.query(
      `insert into env_daily_stats (room, day, metric, count, expected_count, coverage, longest_gap, min, min_at, max,
         max_at, mean, time_weighted_mean, p5, q25, median, q75, p95, time_zone)
       values ($1, '2026-03-03', 'temperature', 1440, 1440, 1, '1 minute', 18, $2, 18.6, $2, 18.3, 18.3, 18, 18.1, 18.3,
         18.5, 18.6, 'Asia/Shanghai')`,
      [room, new Date(start)],
    );
  }
  const selection = { pool, timeZone: 'Asia/Shanghai', from: '2026-03-03', to: '2026-03-04' };
  return async (what: What, format: keyof typeof formats, change: Partial<Selection> = {}) => {
    const chunks: Buffer[] = [];
    const { columns, rows } = tables[what];
    await formats[format](columns, rows({ ...selection, ...change }), async (chunk) => {
      chunks.push(Buffer.from(chunk));
    });
    return Buffer.concat(chunks);
  };
}

const parquet = (bytes: Buffer) =>
  parquetReadObjects({ file: new Uint8Array(bytes).buffer }) as Promise<Row[]>;

test('exported readings can be imported again, and every format has the same rows', async (t) => {
  const written = await farm(t);
  const csv = String(await written('readings', 'csv'));
  const lines = csv.trimEnd().split('\n');
  assert.equal(lines.length, 1 + 2 * 2_880);
  assert.equal(lines[0], 'time,room,device,point,value');
  assert.equal(lines[2], '2026-03-02T16:01:00.000Z,611,mushroom_env_status_611,temperature,18.1');

  const json: Row[] = JSON.parse(String(await written('readings', 'json')));
  assert.deepEqual(
    json.map((row) => Object.values(row).join()),
    lines.slice(1),
  );
  const rows = await parquet(await written('readings', 'parquet'));
  assert.deepEqual(JSON.parse(JSON.stringify(rows)), json);
  assert.ok(rows[0]?.time instanceof Date);
});

test('days are the farm’s, and rooms can be chosen', async (t) => {
  const written = await farm(t);
  const csv = String(await written('readings', 'csv', { from: '2026-03-04', rooms: ['612'] }));
  const lines = csv.trimEnd().split('\n');
  assert.equal(lines.length, 1 + 1_440);
  assert.match(lines[1] ?? '', /^2026-03-03T16:00:00.000Z,612,/);
});

test('changes include the names of their values; baselines are left out', async (t) => {
  const written = await farm(t);
  const csv = String(await written('changes', 'csv'));
  assert.deepEqual(csv.split('\n').slice(1, 3), [
    '2026-03-03T04:00:00.000Z,611,fresh_air_fan_611,mode,2,1,manual,auto,,',
    '2026-03-03T04:00:00.000Z,612,fresh_air_fan_612,mode,2,1,manual,auto,,',
  ]);
  const rows = await parquet(await written('changes', 'parquet'));
  assert.deepEqual(
    rows.map((row) => [row.previous_label, row.value_label, row.unit]),
    [
      ['manual', 'auto', null],
      ['manual', 'auto', null],
    ],
  );
});

test('every column of the statistics has the value of its own database column', async (t) => {
  const written = await farm(t);
  const [row] = await parquet(await written('stats', 'parquet', { rooms: ['611'] }));
  assert.equal(row?.count, 1_440);
  assert.equal(row.longest_gap_seconds, 60);
  assert.equal(row.q75, 18.5);
  assert.equal(row.minutes_below, null);
  assert.deepEqual(row.max_at, new Date(start));
  const stats: Row[] = JSON.parse(String(await written('stats', 'json')));
  assert.deepEqual(stats[0], JSON.parse(JSON.stringify(row)));
  assert.deepEqual(
    Object.keys(stats[0] ?? {}),
    tables.stats.columns.map(({ name }) => name),
  );
});

test('without data the file is complete and empty', async (t) => {
  const written = await farm(t);
  const none = { from: '2026-05-01', to: '2026-05-02' };
  assert.equal(String(await written('changes', 'json', none)), '[]\n');
  assert.match(String(await written('readings', 'csv', none)), /^time,[^\n]+\n$/);
  assert.deepEqual(await parquet(await written('stats', 'parquet', none)), []);
});
