import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createTestDatabase } from '@mycelium/database/testing';
import { judgeReadingTimes } from '@mycelium/farm';
import { makePlan, type ReadingOptions } from '@mycelium/loggers';
import { type ImportProgress, importReadings, pointUnits } from './import-readings.ts';

interface TestContext {
  after(release: () => Promise<void>): void;
}

type Options = Partial<ReadingOptions> & {
  strict?: boolean;
  onProgress?: (progress: ImportProgress) => void;
};

async function setup(t: TestContext) {
  const pool = await createTestDatabase(t);
  const folder = await mkdtemp(join(tmpdir(), 'readings-'));
  t.after(() => rm(folder, { recursive: true }));
  return {
    pool,
    async bring(text: string | Buffer, { strict, onProgress, ...options }: Options = {}) {
      const file = join(folder, 'readings.csv');
      await writeFile(file, text);
      const unitOf = await pointUnits(pool);
      const plan = await makePlan(file, { timeZone: 'UTC', unitOf, ...options });
      const { seconds, columns, assumed, unread, ...report } = await importReadings({
        pool,
        plan,
        judge: judgeReadingTimes({
          ...{ firstDay: '2010-01-01', timeZone: 'UTC', maxAheadHours: 24 },
          now: Date.UTC(2026, 10, 27),
        }),
        strict,
        onProgress,
      });
      assert.ok(seconds >= 0);
      return report;
    },
    async readings() {
      const { rows } = await pool.query<{ name: string; ts: Date; value: number }>(
        `select room || ' ' || device || '.' || point as name, ts, value
         from reading join point on point.id = point_id order by ts, name`,
      );
      return rows.map(({ name, ts, value }) => `${ts.toISOString().slice(0, 16)} ${name} ${value}`);
    },
  };
}

const wide = {
  room: '611',
  timeColumns: ['Date'],
  timeFormat: 'M/D/YYYY H:mm',
  maps: ['T=mushroom_env_status_611.temperature', 'Set=air_cooler_611.temp_set'],
};

test('the long form', async (t) => {
  const { bring, readings } = await setup(t);
  const report = await bring(
    'time,room,device,point,value\n' +
      '2026-03-03 00:00,611,air_cooler_611,temp_set,15.5\n' +
      '2026-03-03T00:00:00+08:00,8,left_humidifier_8,mode,1\n',
  );
  assert.deepEqual(report, {
    lines: 2,
    emptyLines: 0,
    repeatedHour: 0,
    readings: 2,
    inserted: 2,
    changed: 0,
    repeated: 0,
    quarantined: { ahead: 0, 'before-farm': 0 },
    newPoints: 2,
    badLines: 0,
    bad: [],
  });
  assert.deepEqual(await readings(), [
    '2026-03-02T16:00 8 left_humidifier_8.mode 1',
    '2026-03-03T00:00 611 air_cooler_611.temp_set 15.5',
  ]);
});

test('the wide form, in which an empty cell means no reading', async (t) => {
  const { bring, readings } = await setup(t);
  const report = await bring(
    'Date,T,Other,Set\n3/3/2026 0:04,18.4,x,15\n3/3/2026 0:09,,x,NaN\n3/3/2026 0:15,,x,16\n',
    wide,
  );
  assert.equal(report.lines, 3);
  assert.equal(report.emptyLines, 1);
  assert.equal(report.badLines, 0);
  assert.deepEqual(await readings(), [
    '2026-03-03T00:04 611 air_cooler_611.temp_set 15',
    '2026-03-03T00:04 611 mushroom_env_status_611.temperature 18.4',
    '2026-03-03T00:15 611 air_cooler_611.temp_set 16',
  ]);
});

test('three broken lines in a thousand are reported, and 997 are imported', async (t) => {
  const { bring } = await setup(t);
  const rows = Array.from(
    { length: 1_000 },
    (_, n) =>
      `${new Date(Date.UTC(2026, 2, 3) + n * 60_000).toISOString()},611,air_cooler_611,temp_set,${n % 10}`,
  );
  rows[99] = 'yesterday,611,air_cooler_611,temp_set,1';
  rows[499] = `2026-03-03T08:19:00Z,611,air_cooler_611,temp_set,"12`;
  rows[899] = '2026-03-03T14:59:00Z,611,air_cooler_611';
  const report = await bring(['time,room,device,point,value', ...rows].join('\r\n'));
  assert.equal(report.inserted, 997);
  assert.equal(report.badLines, 3);
  assert.deepEqual(
    report.bad.map(({ line, reason }) => [line, reason.replace(/;.*/, '')]),
    [
      [101, '"yesterday" is not a time'],
      [501, 'a quote is not closed'],
      [901, '3 fields, but the header has 5'],
    ],
  );
});

test('importing a file again changes nothing, and a corrected file changes only the corrections', async (t) => {
  const { bring, readings } = await setup(t);
  const file = 'Date;T;Set\n3/3/2026 0:04;18.4;15\n3/3/2026 0:09;18.5;15\n';
  await bring(file, wide);
  const before = await readings();
  assert.deepEqual(
    await bring(file, wide).then(({ inserted, repeated, newPoints }) => [inserted, repeated, newPoints]),
    [0, 4, 0],
  );
  assert.deepEqual(await readings(), before);
  assert.equal((await bring(file.replace('18.5', '18.6'), wide)).inserted, 1);
});

test('values that are not numbers and names that are not valid are reported', async (t) => {
  const { bring } = await setup(t);
  const { bad } = await bring(
    [
      'time,room,device,point,value',
      ...['1e3', '', 'NaN', '1,5', '0x10z'].map((value) => `2026-03-03 00:00,611,a_611,b,${value}`),
    ].join('\n'),
  );
  assert.deepEqual(bad, [
    { line: 5, reason: '6 fields, but the header has 5' },
    { line: 6, reason: 'value: "0x10z" is not a number' },
  ]);
  const named = await bring(
    'time,room,device,point,value\n2026-03-03 00:00,611,,b,1\n1026-03-03 00:00,611,a,b,1\n',
  );
  assert.deepEqual([named.bad.map(({ line }) => line), named.quarantined['before-farm']], [[2], 1]);
});

test('strict: points that are not registered are reported, line by line', async (t) => {
  const { bring } = await setup(t);
  const file = 'time,room,device,point,value\n2026-03-03 00:00,611,air_cooler_611,temp_set,1\n';
  assert.deepEqual((await bring(file, { strict: true })).bad, [
    { line: 2, reason: 'air_cooler_611.temp_set of room 611 is not registered' },
  ]);
  await bring(file);
  assert.equal((await bring(file, { strict: true })).repeated, 1);
});

test('the error for an unreadable file shows what was expected', async (t) => {
  const { bring } = await setup(t);
  await assert.rejects(bring('', wide), /is empty/);
  await assert.rejects(bring('Date,T\n', wide), /no column "Set"\. Its columns are Date, T/);
  await assert.rejects(bring('a,b\n'), /No column with times was found/);
  await assert.rejects(bring('Date,T,Set\n', { ...wide, room: undefined }), /--room/);
  await assert.rejects(bring('Date,T,Set\n', { ...wide, maps: ['T=temperature'] }), /COLUMN=DEVICE.POINT/);
});

test('progress goes up to the size of the file', async (t) => {
  const { bring } = await setup(t);
  const text = `Date,T,Set\n${'3/3/2026 0:04,18.4,15\n'.repeat(30_000)}`;
  const seen: number[] = [];
  const report = await bring(text, {
    ...wide,
    onProgress: ({ bytes, totalBytes }) => seen.push(bytes / totalBytes),
  });
  assert.ok(seen.length > 1);
  assert.equal(seen.at(-1), 1);
  assert.equal(report.readings, 60_000);
  assert.equal(report.inserted, 2);
});

test('readings of a clock that was reset are quarantined, and importing them again changes nothing', async (t) => {
  const { pool, bring, readings } = await setup(t);
  const file =
    'time,T\n2036-02-07 06:28:16,18.5\n1970-01-01 00:00:10,18\n2000-01-01 00:01:01,18\n2026-11-26 08:00,17.5\n';
  const options = { room: 't4', maps: ['T=mushroom_env_status_t4.temperature'] };
  const first = await bring(file, options);
  assert.deepEqual(
    [first.readings, first.inserted, first.quarantined],
    [4, 1, { ahead: 1, 'before-farm': 2 }],
  );
  const again = await bring(file, options);
  assert.deepEqual(
    [again.inserted, again.repeated, again.quarantined],
    [0, 1, { ahead: 0, 'before-farm': 0 }],
  );
  assert.deepEqual(await readings(), ['2026-11-26T08:00 t4 mushroom_env_status_t4.temperature 17.5']);
  const { rows } = await pool.query(
    `select relname from pg_class where relname ~ '^reading_(1970|2000|2036)'`,
  );
  assert.deepEqual(rows, [], 'no table of a month comes from them');
});

test('new, changed and unchanged readings are counted apart, in total and by column', async (t) => {
  const { bring } = await setup(t);
  const text = (set: number) =>
    `Date,T,Set\n1/2/2026 0:00,20,15\n1/2/2026 0:01,20,${set}\n1/2/2026 0:02,20,15\n`;
  await bring(text(15), wide);
  const { inserted, changed, repeated } = await bring(`${text(16)}1/2/2026 0:03,20,15\n`, wide);
  assert.deepEqual({ inserted, changed, repeated }, { inserted: 3, changed: 1, repeated: 5 });
});

test('a new point has the unit of its file, and a later file in another unit is converted', async (t) => {
  const { pool, bring, readings } = await setup(t);
  const file = (unit: string, minute: number, value: number) =>
    `time,P (${unit})\n2026-03-03 00:0${minute},${value}\n`;
  const options = (unit: string) => ({ room: '611', maps: [`P (${unit})=weather_611.pressure`] });
  await bring(file('hPa', 0, 1_003), options('hPa'));
  await bring(file('kPa', 1, 100.4), options('kPa'));
  assert.deepEqual(await readings(), [
    '2026-03-03T00:00 611 weather_611.pressure 1003',
    '2026-03-03T00:01 611 weather_611.pressure 1004',
  ]);
  const { rows } = await pool.query('select unit from point');
  assert.deepEqual(rows, [{ unit: 'hPa' }]);
  await assert.rejects(
    bring(file('ppm', 2, 400), options('ppm')),
    /the file has ppm, but weather_611.pressure is in hPa/,
  );
});
