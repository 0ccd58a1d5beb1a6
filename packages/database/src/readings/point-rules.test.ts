import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestDatabase } from '../testing.ts';
import { bandVersions, pointRules, setBand, setPointRule } from './point-rules.ts';
import { ensurePoints, listPoints } from './points.ts';
import { copyReadings } from './readings.ts';

const at = (day: string) => new Date(`2026-03-${day}T00:00:00Z`);
const tempSet = { deviceType: 'air_cooler', point: 'temp_set' };

test('a new version applies from its instant on, and earlier versions stay', async (t) => {
  const pool = await createTestDatabase(t);
  const version = { ...tempSet, kind: 'analog', unit: '°C', labels: {} } as const;
  await setPointRule(pool, { ...version, validFrom: at('03'), threshold: 1 });
  await setPointRule(pool, { ...version, validFrom: at('03'), threshold: 0.8 });
  assert.deepEqual(
    (await pointRules(pool, tempSet)).map(({ validFrom, threshold }) => [validFrom, threshold]),
    [
      [null, 0.5],
      [at('03'), 0.8],
    ],
  );
  assert.ok((await pointRules(pool)).length > 20);
});

test('a point registered as a measurement gets the kind of its rule', async (t) => {
  const pool = await createTestDatabase(t);
  await ensurePoints(pool, [{ room: '611', device: 'pump_611', deviceType: 'pump', point: 'level' }]);
  const rule = { deviceType: 'pump', point: 'level', unit: 'cm', threshold: 2, labels: {} };
  await setPointRule(pool, { ...rule, kind: 'analog', validFrom: at('03') });
  assert.deepEqual(
    (await listPoints(pool)).map(({ kind, unit }) => [kind, unit]),
    [['analog', 'cm']],
  );
});

test('readings from that instant on are marked to be read again', async (t) => {
  const pool = await createTestDatabase(t);
  const points = ['611', '612', '607'].flatMap((room) => [
    { room, device: `air_cooler_${room}`, deviceType: 'air_cooler', point: 'temp_set' },
    { room, device: `mushroom_env_status_${room}`, deviceType: 'mushroom_env_status', point: 'humidity' },
  ]);
  const ids = await ensurePoints(pool, points);
  const days = ['01', '02', '03', '04'].map(at);
  await copyReadings(
    pool,
    [...ids.entries()]
      .filter(([key]) => !key.startsWith('607'))
      .flatMap(([, pointId]) => days.map((ts) => ({ pointId, ts, value: 1 }))),
  );
  await pool.query(`insert into reading_watermark values ('readings', $1), ('setpoints', $1)`, [at('04')]);
  const marks = async () => {
    const { rows } = await pool.query<{ room: string; point: string; day: string }>(
      `delete from late_reading using point where point.id = point_id returning room, point.point, late_reading.day`,
    );
    return rows.map(({ room, point, day }) => `${room} ${point} ${day}`).sort();
  };

  const rule = { ...tempSet, kind: 'analog', unit: '°C', threshold: 1, labels: {} } as const;
  await setPointRule(pool, { ...rule, validFrom: at('03') });
  assert.deepEqual(await marks(), ['611 temp_set 2026-03-03', '612 temp_set 2026-03-03']);
  await setPointRule(pool, { ...rule, validFrom: at('05') });
  assert.deepEqual(await marks(), []);

  const band = { metric: 'humidity', fromDay: 10, toDay: 20, low: 80, high: 90 };
  await setBand(pool, { ...band, room: '*', validFrom: new Date('2020-01-01') });
  assert.deepEqual(await marks(), [
    ...['01', '02', '03'].map((day) => `611 humidity 2026-03-${day}`),
    ...['01', '02', '03'].map((day) => `612 humidity 2026-03-${day}`),
  ]);
  await setBand(pool, { ...band, room: '612', low: 81, validFrom: at('02') });
  assert.deepEqual(await marks(), ['612 humidity 2026-03-02', '612 humidity 2026-03-03']);
  assert.deepEqual(
    (await bandVersions(pool, 'humidity')).map(({ room, low, validFrom }) => [room, low, validFrom]),
    [
      ['*', 82, null],
      ['*', 80, new Date('2020-01-01')],
      ['612', 81, at('02')],
    ],
  );
});
