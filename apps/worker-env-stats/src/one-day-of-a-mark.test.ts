import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setBand, staleDays } from '@mycelium/database';
import { addDays, type Day, dayBounds, dayOf, daysBetween } from '@mycelium/farm';
import fc from 'fast-check';
import { farm, minute, startFarm } from './testing.ts';

type Pool = Awaited<ReturnType<typeof startFarm>>['pool'];
const stale = async (pool: Pool, timeZone: string) =>
  (await staleDays(pool, 'readings', { from: '2026-01-01', to: '2026-12-31', timeZone })).map(
    ({ room, day }) => `${room} ${day}`,
  );

/** The last minute of a day and the first of the next. */
const aroundMidnight = (day: Day, timeZone: string, value: number): [number, number][] =>
  [-minute, 0].map((offset) => [dayBounds(day, timeZone).end.getTime() + offset, value + offset / minute]);

const noons = (days: Day[], timeZone: string, value: number): [number, number][] =>
  days.map((day) => [dayBounds(day, timeZone).start.getTime() + 720 * minute, value]);

// A mark covers a UTC day, which belongs to two local days. In Santiago the clock changes at midnight: 4 April has 25
// hours, and 6 September begins at 01:00.
for (const [timeZone, first] of [
  ['Asia/Shanghai', '2026-06-10'],
  ['America/Santiago', '2026-04-03'],
  ['America/Santiago', '2026-09-04'],
  ['Australia/Lord_Howe', '2026-10-03'],
] as const) {
  const days = daysBetween(first, addDays(first, 3));
  const [day1, day2, day3, day4] = days as [Day, Day, Day, Day];

  test(`late readings of later days survive a run of one day: ${timeZone}, ${first}`, async (t) => {
    const { pool, write, run, rows } = await startFarm(t, timeZone);
    await write('k1', 'temperature', noons(days, timeZone, 18));
    for (const day of days) await run(day);
    await write('k1', 'humidity', aroundMidnight(day1, timeZone, 88));
    assert.deepEqual(await stale(pool, timeZone), [`k1 ${day1}`, `k1 ${day2}`]);
    await run(day1);
    assert.deepEqual(await stale(pool, timeZone), [`k1 ${day2}`]);

    await write('k1', 'co2', aroundMidnight(day2, timeZone, 900));
    await run(day2);
    assert.deepEqual(await stale(pool, timeZone), [`k1 ${day3}`]);
    await run(day4);
    assert.deepEqual(await stale(pool, timeZone), []);
    assert.deepEqual(await rows('day, metric', `metric <> 'temperature'`), [
      [day1, 'humidity'],
      [day2, 'co2'],
      [day2, 'humidity'],
      [day3, 'co2'],
    ]);
  });
}

test('a new band: a run of one day leaves the later days stale', async (t) => {
  const timeZone = 'Asia/Shanghai';
  const days = daysBetween('2026-06-10', '2026-06-13');
  const { pool, write, run, rows } = await startFarm(t, timeZone);
  await write('k1', 'in_day_num', noons(days, timeZone, 12));
  await write('k1', 'humidity', noons(days, timeZone, 85));
  for (const day of days) await run(day);
  const band = { room: 'k1', metric: 'humidity', fromDay: 1, toDay: 30, low: 10, high: 20 };
  await setBand(pool, { ...band, validFrom: new Date('2026-01-01') });

  await run('2026-06-11');
  assert.deepEqual(await stale(pool, timeZone), ['k1 2026-06-12', 'k1 2026-06-13']);
  await run('2026-06-14');
  assert.deepEqual(await stale(pool, timeZone), []);
  assert.deepEqual(await rows('minutes_above > 0'), [[true], [true], [true], [true]]);
});

test('property: a run settles the late readings up to its day, and no others', async (t) => {
  const days = daysBetween('2026-04-02', '2026-04-07');
  const zones = ['Asia/Shanghai', 'America/Santiago', 'Pacific/Apia'] as const;
  const rooms = ['k1', 'k2'] as const;
  const late = fc.record({
    room: fc.constantFrom(...rooms),
    minute: fc.integer({ min: 0, max: 6 * 1_440 - 1 }),
  });
  const step = fc.record({ late: fc.array(late, { maxLength: 6 }), day: fc.constantFrom(...days) });
  const farms = new Map<string, Awaited<ReturnType<typeof farm>>>();
  for (const zone of zones) {
    farms.set(zone, await farm(t, zone));
    await farms.get(zone)?.compute(days.at(-1) as Day);
  }
  let value = 18;
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...zones), fc.array(step, { maxLength: 5 }), async (zone, steps) => {
      const { pool, write, compute, rows } = farms.get(zone) as Awaited<ReturnType<typeof farm>>;
      const start = dayBounds(days[0] as Day, zone).start.getTime();
      const end = dayBounds(days.at(-1) as Day, zone).end.getTime();
      let expected = new Set(await stale(pool, zone));
      for (const { late, day } of steps) {
        value = 18 + ((value + 0.01) % 10);
        for (const { room, minute: at } of late) {
          const instant = start + at * minute;
          if (instant >= end) continue;
          await write(room, 'temperature', [[instant, value]]);
          expected.add(`${room} ${dayOf(new Date(instant), zone)}`);
        }
        assert.deepEqual(new Set(await stale(pool, zone)), expected);
        await compute(day);
        expected = new Set([...expected].filter((roomAndDay) => roomAndDay.slice(3) > day));
        assert.deepEqual(new Set(await stale(pool, zone)), expected);
      }
      await compute(days.at(-1) as Day);
      const { rows: readings } = await pool.query<{ room: string; day: Day; count: number }>(
        `select room, (ts at time zone $1)::date as day, count(*)::int from reading join point on point.id = point_id
         group by 1, 2 order by 1, 2`,
        [zone],
      );
      assert.deepEqual(await rows('room, day, count + bad_count'), readings.map(Object.values));
    }),
    { numRuns: 8 },
  );
});
