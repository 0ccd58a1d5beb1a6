import assert from 'node:assert/strict';
import { test } from 'node:test';
import { climateDevice, metrics, plausible, plausibleSql, readValue, readValueSql } from '@mycelium/farm';
import fc from 'fast-check';
import { createTestDatabase } from '../testing.ts';
import { environmentAt } from './environment.ts';
import { ensurePoints } from './points.ts';
import { copyReadings } from './readings.ts';

test('property: SQL and code agree on a sensor’s value', async (t) => {
  const pool = await createTestDatabase(t);
  const edges = [0, -0, -40, -40.1, 80, 80.1, 99.9, 100, 105, 110, 110.1, 40_000, 40_001];
  const value = fc.oneof(
    fc.constantFrom(...edges),
    fc.double(),
    fc.double({ min: -150, max: 150, noNaN: true }),
  );
  const metric = fc.constantFrom(...metrics, 'wind');
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(metric, value), { minLength: 200, maxLength: 400 }), async (list) => {
      const { rows } = await pool.query<{ value: number | null; plausible: boolean }>(
        `select ${readValueSql('given.v', 'given.name')} as value, ${plausibleSql('given.v', 'given.name')} as plausible
         from unnest($1::text[], $2::float8[]) with ordinality as given(name, v, n) order by n`,
        [list.map(([name]) => name), list.map(([, value]) => value)],
      );
      for (const [n, [name, value]] of list.entries()) {
        const known = metrics.find((metric) => metric === name);
        const expected = known && readValue(known, value);
        assert.deepEqual(rows[n], {
          value: expected === undefined ? null : expected + 0, // SQL has no negative zero
          plausible: known !== undefined && plausible(known, value),
        });
      }
    }),
    { numRuns: 20 },
  );
});

test('statistics are computed from the points of the metrics and the growth day', async (t) => {
  const pool = await createTestDatabase(t);
  const reads = async (reader: string, kind: string, deviceType: string, point: string) =>
    (await pool.query('select reads($1, $2, $3, $4)', [reader, kind, deviceType, point])).rows[0].reads;
  for (const metric of metrics) {
    assert.ok(await reads('readings', 'measurement', climateDevice, metric));
    assert.ok(!(await reads('setpoints', 'measurement', climateDevice, metric)));
    assert.ok(!(await reads('readings', 'analog', climateDevice, metric)));
  }
  assert.ok(!(await reads('readings', 'measurement', climateDevice, 'wind')));
  assert.ok(!(await reads('readings', 'measurement', 'weather', 'temperature')));
  assert.ok(await reads('readings', 'analog', 'mushroom_info', 'in_day_num'));
  assert.ok(await reads('setpoints', 'analog', 'mushroom_info', 'in_day_num'));
});

test('the climate of a picture: saturated air is 100 %, dropouts are skipped, the room’s own sensor comes first', async (t) => {
  const pool = await createTestDatabase(t);
  const at = new Date('2026-03-03T12:00:00Z');
  const before = (seconds: number) => new Date(at.getTime() - seconds * 1_000);
  const write = async (device: string, point: string, readings: [Date, number][]) => {
    const ids = await ensurePoints(pool, [{ room: '611', deviceType: climateDevice, device, point }]);
    const [pointId = 0] = ids.values();
    await copyReadings(
      pool,
      readings.map(([ts, value]) => ({ pointId, ts, value })),
    );
  };
  const own = `${climateDevice}_611`;
  await write(own, 'humidity', [[before(30), 102.6]]);
  await write(own, 'co2', [
    [before(90), 2_400],
    [before(30), 0],
  ]);
  await write(own, 'temperature', [[before(121), 18]]);
  await write(own, 'wind', [[before(1), 3]]);
  await write(`left_${own}`, 'temperature', [[before(60), 17]]);
  await write(`left_${own}`, 'humidity', [[before(1), 80]]);
  assert.deepEqual(
    await environmentAt(pool, [
      { room: '612', at },
      { room: '611', at },
    ]),
    [{}, { humidity: 100, co2: 2_400, temperature: 17 }],
  );
});
