import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dayBounds } from '@mycelium/farm';
import fc from 'fast-check';
import type { Pool } from '../pool.ts';
import { createTestDatabase, settleBefore } from '../testing.ts';
import { countReadings, deleteReadings } from './delete-readings.ts';
import { lastValues, usualGaps } from './env-stats.ts';
import { environmentAt } from './environment.ts';
import { dropPartitionsBefore } from './partitions.ts';
import { ensurePoints } from './points.ts';
import { streamReadings, summarizeReadings } from './reading-stream.ts';
import { copyReadings } from './readings.ts';

/** Days around the end of summer time in Berlin, of two months. */
const start = Date.UTC(2025, 9, 25);
const dayMillis = 86_400_000;
const days = 9;

/** About fifteen seconds. */
const numRuns = 60;

const point = fc.constantFrom(0, 1);
const time = fc.oneof(
  fc.integer({ min: 0, max: days * 24 - 1 }).map((hour) => start + hour * 3_600_000),
  fc.integer({ min: 0, max: days * dayMillis - 1 }).map((millis) => start + millis),
);
const value = fc.oneof(
  fc.integer({ min: 15, max: 19 }),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, -0, 0, 99, 17.25),
);
const readings = fc.array(fc.record({ point, time, value }), { minLength: 1, maxLength: 40 });
const span = fc.tuple(time, time).map(([a, b]) => ({ from: Math.min(a, b), until: Math.max(a, b) + 1 }));
const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('write' as const), readings }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('write by SQL' as const), readings }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('settle' as const), day: fc.integer({ min: 1, max: days }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('delete' as const), point, span }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('prune' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What a plain table would hold: values by time, of each point. */
type Model = [Map<number, number>, Map<number, number>];

const inOrder = (model: Map<number, number>) => [...model].sort(([a], [b]) => a - b);
const same = (a: number, b: number) => a === b || (Number.isNaN(a) && Number.isNaN(b));

async function apply(pool: Pool, ids: number[], model: Model, step: Step): Promise<void> {
  if (step.do === 'write' || step.do === 'write by SQL') {
    const sent = step.readings.map(({ point, time, value }) => ({
      ...{ pointId: ids[point] as number, ts: new Date(time), value },
    }));
    const counts = { inserted: 0, changed: 0 };
    const last = new Map(step.readings.map((reading) => [`${reading.point} ${reading.time}`, reading]));
    for (const { point, time, value } of last.values()) {
      const known = model[point]?.get(time);
      if (known === undefined || !same(known, value)) counts.inserted++;
      if (known !== undefined && !same(known, value)) counts.changed++;
      // A repeat does not change the sign of a zero.
      if (known === undefined || !same(known, value)) model[point]?.set(time, value);
    }
    if (step.do === 'write') {
      const { inserted, changed, repeated } = await copyReadings(pool, sent);
      assert.deepEqual(
        { inserted, changed, repeated },
        { ...counts, repeated: sent.length - counts.inserted },
      );
    } else {
      for (const { pointId, ts, value } of sent)
        await pool.query(
          `insert into reading values ($1, $2, $3) on conflict (point_id, ts) do update set value = excluded.value`,
          [pointId, ts, value],
        );
      // SQL of others writes whatever it is given; the library sends -0 as 0.
      for (const { point, time, value } of step.readings) model[point]?.set(time, value + 0);
    }
  }
  if (step.do === 'settle') {
    const before = new Date(start + step.day * dayMillis).toISOString().slice(0, 10);
    await settleBefore(pool, before, 10);
    await pool.query(`update reading_emptied set at = at - interval '2 hours'`);
  }
  if (step.do === 'delete') {
    const { from, until } = step.span;
    const wanted = { pointIds: [ids[step.point] as number], from: new Date(from), until: new Date(until) };
    const gone = [...(model[step.point]?.keys() ?? [])].filter((time) => time >= from && time < until);
    assert.equal(await countReadings(pool, wanted), gone.length);
    assert.equal(await deleteReadings(pool, wanted), gone.length);
    for (const time of gone) model[step.point]?.delete(time);
  }
  if (step.do === 'prune') {
    await dropPartitionsBefore(pool, new Date('2025-11-02'));
    for (const values of model)
      for (const time of values.keys()) if (time < Date.UTC(2025, 10, 1)) values.delete(time);
  }
}

/** Compares every reader with the model, over all days and over one local day. */
async function compare(pool: Pool, ids: number[], model: Model, day: { start: Date; end: Date }) {
  const { rows } = await pool.query<{ id: number; time: number; day: string; value: number }>(
    `select point_id as id, extract(epoch from ts)::float8 * 1000 as time, day, value from readings order by 1, 2`,
  );
  const all = model.flatMap((values, n) => inOrder(values).map(([time, value]) => [ids[n], time, value]));
  assert.deepEqual(
    rows.map(({ id, time, value }) => [id, time, value]),
    all,
  );
  for (const { time, day } of rows) assert.equal(day, new Date(time).toISOString().slice(0, 10));

  const whole = { start: new Date(start), end: new Date(start + days * dayMillis) };
  for (const { start: from, end: to } of [whole, day]) {
    const wanted = model.map((values) =>
      inOrder(values).filter(([time]) => time >= from.getTime() && time < to.getTime()),
    );
    const streamed = new Map(ids.map((id) => [id, [] as [number, number][]]));
    for await (const { pointId, times, values } of streamReadings(pool, ids, from, to))
      for (const [n, time] of times.entries()) streamed.get(pointId)?.push([time, values[n] as number]);
    assert.deepEqual([...streamed.values()], wanted);

    const found = new Map(ids.map((id) => [id, { count: 0, sum: 0 }]));
    const add = (id: number, count: number, sum: number) => {
      const own = found.get(id) as { count: number; sum: number };
      own.count += count;
      own.sum += sum;
    };
    const summarized = summarizeReadings(pool, { pointIds: ids, from, to }, ({ sum }) =>
      Number.isFinite(sum),
    );
    for await (const part of summarized) {
      if ('count' in part) add(part.pointId, part.count, part.sum);
      else
        add(
          part.pointId,
          part.values.length,
          part.values.reduce((sum, value) => sum + value, 0),
        );
    }
    for (const [n, series] of wanted.entries()) {
      const { count, sum } = found.get(ids[n] as number) as { count: number; sum: number };
      const wantedSum = series.reduce((sum, [, value]) => sum + value, 0);
      assert.equal(count, series.length);
      assert.ok(same(sum, wantedSum) || Math.abs(sum - wantedSum) < 1e-6, `${sum} ${wantedSum}`);
    }

    const latest = (values: [number, number][]) =>
      values.filter(([, value]) => value >= -40 && value <= 80).at(-1);
    const last = await lastValues(
      pool,
      ids.map((id) => ({ id, metric: 'temperature' })),
      to,
      from,
    );
    assert.deepEqual(
      ids.map((id) => last.get(id)),
      wanted.map((series) => {
        const [time, value] = latest(series) ?? [];
        return time === undefined ? undefined : { time, value: value as number };
      }),
    );
  }
  const gaps = await usualGaps(pool, ids, day.end, 1);
  for (const [n, id] of ids.entries()) {
    const week = inOrder(model[n as 0 | 1])
      .filter(([time]) => time < day.end.getTime() && time >= day.end.getTime() - 7 * dayMillis)
      .slice(-100)
      .map(([time]) => time);
    const between = week
      .slice(1)
      .map((time, n) => time - (week[n] as number))
      .sort((a, b) => a - b);
    const middle = between.length / 2;
    const median =
      between.length % 2 ? between[middle - 0.5] : ((between[middle - 1] ?? 0) + (between[middle] ?? 0)) / 2;
    if (between.length === 0) assert.equal(gaps.get(id), undefined);
    else assert.ok(Math.abs((gaps.get(id) as number) - (median as number)) < 1e-6);
  }
  const at = new Date(day.start.getTime() + 6 * 3_600_000);
  const [climate] = await environmentAt(pool, [{ room: '611', at }]);
  const near = inOrder(model[0])
    .filter(
      ([time, value]) => time <= at.getTime() && time > at.getTime() - 120_000 && value >= -40 && value <= 80,
    )
    .at(-1);
  assert.deepEqual(climate, near ? { temperature: near[1] } : {});
}

test('any writes, repeats, deletions, settlings and prunings leave what a plain table would hold, for every reader', async (t) => {
  const pool = await createTestDatabase(t);
  const known = await ensurePoints(
    pool,
    ['611', '612'].map((room) => ({
      ...{
        room,
        deviceType: 'mushroom_env_status',
        device: `mushroom_env_status_${room}`,
        point: 'temperature',
      },
    })),
  );
  const ids = [...known.values()].sort((a, b) => a - b);
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 2, maxLength: 14 }),
      fc.constantFrom('UTC', 'Europe/Berlin', 'Asia/Shanghai', 'America/St_Johns'),
      fc.integer({ min: 0, max: days - 1 }),
      async (steps, zone, n) => {
        await pool.query('delete from reading; delete from reading_block; delete from reading_settled');
        const model: Model = [new Map(), new Map()];
        for (const step of steps) await apply(pool, ids, model, step);
        const day = new Date(start + n * dayMillis).toISOString().slice(0, 10);
        await compare(pool, ids, model, dayBounds(day, zone));
      },
    ),
    { numRuns },
  );
});
