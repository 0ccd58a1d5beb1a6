import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deviceTypeOf } from '@mycelium/farm';
import { createTestDatabase } from '../testing.ts';
import { ensurePartitions } from './partitions.ts';
import { createPointDirectory } from './point-directory.ts';
import { ensurePoints, listPoints } from './points.ts';
import { copyReadings, type Reading } from './readings.ts';

const minute = 60_000;
const newYear = Date.UTC(2025, 0, 1);

function* readings(count: number, change: (n: number) => Partial<Reading> = () => ({})): Generator<Reading> {
  for (let n = 0; n < count; n++) {
    yield { pointId: 1, ts: new Date(newYear + n * minute), value: n, ...change(n) };
  }
}

async function copied(...given: Parameters<typeof copyReadings>) {
  const { inserted, changed, repeated } = await copyReadings(...given);
  return { inserted, changed, repeated };
}

test('readings copied twice are stored once, and a corrected value replaces the old one', async (t) => {
  const pool = await createTestDatabase(t);
  assert.deepEqual(await copied(pool, readings(1_000)), { inserted: 1_000, changed: 0, repeated: 0 });
  assert.deepEqual(await copied(pool, readings(1_500)), { inserted: 500, changed: 0, repeated: 1_000 });
  const corrected = readings(1_500, (n) => (n === 7 ? { value: -7 } : {}));
  assert.deepEqual(await copied(pool, corrected), { inserted: 1, changed: 1, repeated: 1_499 });
  const { rows } = await pool.query('select count(*), min(value), max(value) from reading');
  assert.deepEqual(rows, [{ count: 1_500, min: -7, max: 1_499 }]);
});

test('an instant that occurs twice in a stream gets the last value', async (t) => {
  const pool = await createTestDatabase(t);
  const twice = readings(10, (n) => ({ ts: new Date(newYear + (n % 5) * minute) }));
  assert.deepEqual(await copied(pool, twice), { inserted: 5, changed: 0, repeated: 5 });
  const { rows } = await pool.query<{ value: number }>('select value from reading order by ts');
  assert.deepEqual(
    rows.map(({ value }) => value),
    [5, 6, 7, 8, 9],
  );
});

test('when a stream fails, the full chunk before it is stored', async (t) => {
  const pool = await createTestDatabase(t);
  function* failing() {
    yield* readings(20_001);
    throw new Error('the file ends here');
  }
  await assert.rejects(copyReadings(pool, failing()), /the file ends here/);
  const { rows } = await pool.query('select count(*) from reading');
  assert.deepEqual(rows, [{ count: 20_000 }]);
});

test('when a chunk cannot be written, the stream is not read to its end', async (t) => {
  const pool = await createTestDatabase(t);
  let read = 0;
  function* counted() {
    for (const reading of readings(100_000, (n) => (n === 5 ? { pointId: -1 } : {}))) {
      read++;
      yield reading;
    }
  }
  await pool.query('alter table reading add constraint known_point check (point_id > 0)');
  await assert.rejects(copyReadings(pool, counted()), /known_point/);
  assert.ok(read <= 40_000, `${read} readings were read`);
});

test('an unordered stream across many months creates the months it needs', async (t) => {
  const pool = await createTestDatabase(t);
  const scattered = readings(2_000, (n) => ({
    ts: new Date(newYear + ((n * 7_919) % 365) * 86_400_000 + n),
  }));
  assert.equal((await copyReadings(pool, scattered)).inserted, 2_000);
  const { rows } = await pool.query(`select count(*) from pg_inherits where inhparent = 'reading'::regclass`);
  assert.deepEqual(rows, [{ count: 13 }]); // with the one of days without a table
});

test('several writers may need the same new months at once', async (t) => {
  const pool = await createTestDatabase(t);
  const months = Array.from({ length: 6 }, (_, n) => new Date(Date.UTC(2025, n)));
  await Promise.all(Array.from({ length: 8 }, () => ensurePartitions(pool, months)));
  await Promise.all(Array.from({ length: 4 }, () => copyReadings(pool, readings(5_000))));
  const { rows } = await pool.query('select count(*) from reading');
  assert.deepEqual(rows, [{ count: 5_000 }]);
});

test('an interrupted stream keeps what was written, and repeating it adds the rest', async (t) => {
  const pool = await createTestDatabase(t);
  async function* broken() {
    yield* readings(45_000);
    throw new Error('the connection broke');
  }
  await assert.rejects(copyReadings(pool, broken()), /the connection broke/);
  assert.deepEqual(await copied(pool, readings(50_000)), { inserted: 10_000, changed: 0, repeated: 40_000 });
});

test('an aborted copy stops', async (t) => {
  const pool = await createTestDatabase(t);
  await assert.rejects(copyReadings(pool, readings(10), { signal: AbortSignal.abort() }), {
    name: 'AbortError',
  });
});

test('an unknown point gets its kind and unit from the rules, or is a measurement', async (t) => {
  const pool = await createTestDatabase(t);
  const ids = await ensurePoints(
    pool,
    [
      ['left_humidifier_611', 'mode'],
      ['air_cooler_611', 'temp_set'],
      ['weather_611', 'wind'],
    ].map(([device, point]) => ({
      room: '611',
      device: device as string,
      deviceType: deviceTypeOf(device as string, '611'),
      point: point as string,
    })),
  );
  assert.deepEqual([...ids.keys()].sort(), [
    '611/air_cooler_611/temp_set',
    '611/left_humidifier_611/mode',
    '611/weather_611/wind',
  ]);
  assert.deepEqual(
    (await listPoints(pool)).map(({ deviceType, kind, unit }) => [deviceType, kind, unit]),
    [
      ['air_cooler', 'analog', '°C'],
      ['humidifier', 'enum', null],
      ['weather', 'measurement', null],
    ],
  );
});

test('many processes may register the same points at once', async (t) => {
  const pool = await createTestDatabase(t);
  const points = Array.from({ length: 40 }, (_, n) => ({ room: '611', device: `lamp${n}_611`, point: 'on' }));
  const found = await Promise.all(
    Array.from({ length: 6 }, (_, n) =>
      createPointDirectory(pool).resolve(n % 2 ? points : points.toReversed()),
    ),
  );
  assert.equal(new Set(found.flatMap((ids) => [...ids.values()])).size, 40);
});

test('a strict directory registers nothing', async (t) => {
  const pool = await createTestDatabase(t);
  const directory = createPointDirectory(pool, { strict: true });
  const ids = await directory.resolve([{ room: '611', device: 'air_cooler_611', point: 'temp_set' }]);
  assert.equal(ids.size, 0);
  assert.deepEqual(await listPoints(pool), []);
});
