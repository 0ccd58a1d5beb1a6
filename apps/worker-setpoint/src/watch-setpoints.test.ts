import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FencedError, prune, takeLease, transaction } from '@mycelium/database';
import { at, farm, minute } from './testing.ts';

test('a change is found against the value before the window, and a first value is a baseline', async (t) => {
  const { write, watch, changes } = await farm(t);
  await write('air_cooler_611.temp_set', [
    [at('01T08:00'), 15],
    [at('01T08:30'), 15.4],
  ]);
  assert.equal((await watch(at('01T09:05'))).changes, 0);
  await write('air_cooler_611.temp_set', [[at('01T09:10'), 15.5]]);
  assert.deepEqual(await watch(at('01T10:05')), {
    to: '2026-03-01T10:05:00.000Z',
    changes: 1,
    rooms: [
      {
        room: '611',
        from: '2026-03-01T09:05:00.000Z',
        changes: 1,
        points: [
          {
            name: 'air_cooler_611.temp_set',
            changes: 1,
            previous: '15 °C',
            value: '15.5 °C',
            flapping: false,
          },
        ],
      },
    ],
    failed: [],
  });
  assert.deepEqual(await changes(), [
    ['air_cooler_611.temp_set', '01T08:00', null, 15],
    ['air_cooler_611.temp_set', '01T09:10', 15, 15.5],
  ]);
});

test('the report has a line per point with the names of its values, and marks points that flap', async (t) => {
  const { write, watch } = await farm(t);
  await write('fresh_air_fan_611.mode', [
    [at('01T08:00'), 2],
    [at('01T08:30'), 1],
  ]);
  await write(
    'air_cooler_611.on_off',
    Array.from({ length: 60 }, (_, n) => [new Date(at('01T08:00').getTime() + n * minute), n % 2]),
  );
  const ramp = Array.from({ length: 60 }, (_, n) => [
    new Date(at('01T08:00').getTime() + n * minute),
    13 + n / 10,
  ]);
  await write('air_cooler_611.temp_set', ramp as [Date, number][]);
  await write('mushroom_info_611.in_day_num', [
    [at('01T08:00'), 27],
    [at('01T08:30'), 1],
  ]);
  const { rooms } = await watch(at('01T09:05'));
  assert.deepEqual(rooms[0]?.points, [
    { name: 'air_cooler_611.on_off', changes: 59, previous: 'off', value: 'on', flapping: true },
    { name: 'air_cooler_611.temp_set', changes: 11, previous: '13 °C', value: '18.5 °C', flapping: false },
    { name: 'fresh_air_fan_611.mode', changes: 1, previous: 'manual', value: 'auto', flapping: false },
    {
      name: 'mushroom_info_611.in_day_num',
      changes: 1,
      previous: '27 days',
      value: '1 day',
      flapping: false,
    },
  ]);
});

test('a reading at the slot’s own instant belongs to the next window and is found there', async (t) => {
  const { write, watch } = await farm(t);
  await write('fresh_air_fan_611.mode', [
    [at('01T08:00'), 1],
    [at('01T09:05'), 2],
  ]);
  assert.equal((await watch(at('01T09:05'))).changes, 0);
  assert.equal((await watch(at('01T10:05'))).changes, 1);
});

test('a slot run late, or after missed ones, leaves no gap', async (t) => {
  const { write, watch } = await farm(t);
  await write(
    'fresh_air_fan_611.mode',
    Array.from({ length: 10 }, (_, hour) => [at(`01T0${hour}:30`), hour % 2] as [Date, number]),
  );
  assert.equal((await watch(at('01T01:05'))).changes, 0);
  assert.equal((await watch(at('01T09:35'))).changes, 9);
});

test('a repeated run writes nothing and reports the same', async (t) => {
  const { pool, write, watch } = await farm(t);
  await write('air_cooler_611.temp_set', [
    [at('01T08:00'), 15],
    [at('01T08:10'), 16],
  ]);
  await watch(at('01T08:05'));
  const first = await watch(at('01T09:05'));
  const before = (await pool.query('select *, xmin from setpoint_change order by changed_at')).rows;
  assert.deepEqual(await watch(at('01T09:05')), first);
  assert.deepEqual(
    (await pool.query('select *, xmin from setpoint_change order by changed_at')).rows,
    before,
  );
});

test('running an older slot after a newer one changes nothing', async (t) => {
  const { write, watch, changes } = await farm(t);
  await write('air_cooler_611.temp_set', [
    [at('01T08:00'), 15],
    [at('01T08:10'), 16],
  ]);
  await watch(at('01T10:05'));
  const before = await changes();
  assert.deepEqual((await watch(at('01T09:05'))).rooms, []);
  assert.deepEqual(await changes(), before);
});

test('late readings are found, and nothing is reported twice', async (t) => {
  const { pool, write, watch, changes } = await farm(t);
  const hours: [Date, number][] = [0, 1, 2, 3, 4, 5].map((hour) => [at(`01T0${hour}:30`), 15 + hour]);
  await write(
    'air_cooler_611.temp_set',
    hours.filter((_, n) => n < 2 || n > 3),
  );
  await watch(at('01T06:05'));
  await write('air_cooler_611.temp_set', hours);
  assert.equal((await watch(at('01T07:05'))).changes, 3);
  assert.deepEqual(await changes(), [
    ['air_cooler_611.temp_set', '01T00:30', null, 15],
    ['air_cooler_611.temp_set', '01T01:30', 15, 16],
    ['air_cooler_611.temp_set', '01T02:30', 16, 17],
    ['air_cooler_611.temp_set', '01T03:30', 17, 18],
    ['air_cooler_611.temp_set', '01T04:30', 18, 19],
    ['air_cooler_611.temp_set', '01T05:30', 19, 20],
  ]);
  assert.equal((await pool.query('select from late_reading')).rowCount, 0);
  assert.equal((await watch(at('01T08:05'))).changes, 0);
});

test('late readings of a pruned month remove none of its changes', async (t) => {
  const { pool, write, watch, changes } = await farm(t);
  await write('air_cooler_611.temp_set', [
    [at('01T08:00'), 15],
    [at('01T08:30'), 16],
  ]);
  await watch(at('01T09:05'));
  const before = await changes();
  const kept = { runs: 400, alerts: 400, audit: undefined, images: undefined, readings: 30 };
  await prune((work) => transaction(pool, work), kept, new Date('2026-05-15'));
  await write('air_cooler_611.temp_set', [[at('01T08:10'), 20]]);
  assert.equal((await watch(new Date('2026-05-15T09:05:00Z'))).changes, 0);
  assert.deepEqual(await changes(), before);
});

test('readings before the baseline move it back', async (t) => {
  const { write, watch, changes } = await farm(t);
  await write('air_cooler_611.temp_set', [[at('01T08:00'), 16]]);
  await watch(at('01T09:05'));
  await write('air_cooler_611.temp_set', [[at('01T07:00'), 15]]);
  await watch(at('01T10:05'));
  assert.deepEqual(await changes(), [
    ['air_cooler_611.temp_set', '01T07:00', null, 15],
    ['air_cooler_611.temp_set', '01T08:00', 15, 16],
  ]);
});

test('late readings written by other programs’ SQL are found too', async (t) => {
  const { pool, write, watch, changes } = await farm(t);
  await write('air_cooler_611.temp_set', [
    [at('01T07:00'), 15],
    [at('01T08:00'), 15],
  ]);
  await watch(at('01T09:05'));
  await pool.query('insert into reading select id, $1, 17 from point', [at('01T07:30')]);
  await pool.query('update reading set value = 18 where ts = $1', [at('01T08:00')]);
  await watch(at('01T10:05'));
  assert.deepEqual(
    (await changes()).map(([, when, previous, value]) => [when, previous, value]),
    [
      ['01T07:00', null, 15],
      ['01T07:30', 15, 17],
      ['01T08:00', 17, 18],
    ],
  );
});

test('readings that a writer commits while the window is being closed are not lost', async (t) => {
  const { pool, write, watch, changes } = await farm(t);
  await write('air_cooler_611.temp_set', [[at('01T08:00'), 15]]);
  const writer = await pool.connect();
  await writer.query('begin');
  await writer.query('insert into reading select id, $1, 16 from point', [at('01T08:30')]);
  const watching = watch(at('01T09:05'));
  // The run waits for the writer, whose readings belong to the window that is being closed.
  const { rows } = await untilSome(() =>
    pool.query(
      `select from pg_locks where relation = 'reading'::regclass and mode = 'ShareLock' and not granted`,
    ),
  );
  assert.equal(rows.length, 1);
  await writer.query('commit');
  writer.release();
  assert.equal((await watching).changes, 1);
  assert.equal((await changes()).length, 2);
});

test('one room that fails does not stop the others, and catches up later', async (t) => {
  const { pool, write, watch } = await farm(t);
  for (const room of ['607', '608', '611']) {
    await write(`air_cooler_${room}.temp_set`, [
      [at('01T08:00'), 15],
      [at('01T08:30'), 16],
    ]);
  }
  await pool.query(`
    create function refuse() returns trigger language plpgsql as $$ begin
      if (select room from point where id = new.point_id) = '608' then raise 'a broken room'; end if; return new;
    end $$;
    create trigger refuse before insert on setpoint_change for each row execute function refuse()`);
  const { rooms, failed } = await watch(at('01T09:05'));
  assert.deepEqual(
    rooms.map(({ room, changes }) => [room, changes]),
    [
      ['607', 1],
      ['611', 1],
    ],
  );
  assert.deepEqual(failed, [{ room: '608', error: 'a broken room' }]);

  await pool.query('drop trigger refuse on setpoint_change');
  const later = await watch(at('01T10:05'));
  assert.deepEqual(
    later.rooms.map(({ room, from, changes }) => [room, from, changes]),
    [
      ['607', '2026-03-01T09:05:00.000Z', 0],
      ['608', null, 1],
      ['611', '2026-03-01T09:05:00.000Z', 0],
    ],
  );
});

test('when every room fails the run fails', async (t) => {
  const { pool, write, watch } = await farm(t);
  await write('air_cooler_611.temp_set', [[at('01T08:00'), 15]]);
  await pool.query('alter table setpoint_change add check (value < 0)');
  await assert.rejects(watch(at('01T09:05')), /no room could be monitored: .*check constraint/);
});

test('a threshold applies from its own time on, even if the value no longer moves', async (t) => {
  const { pool, write, watch, changes } = await farm(t);
  await pool.query(
    `insert into point_rule (device_type, point, valid_from, kind, threshold)
     values ('air_cooler', 'temp_set', $1, 'analog', 0.2)`,
    [at('01T08:30')],
  );
  await write('air_cooler_611.temp_set', [
    [at('01T08:00'), 15],
    [at('01T08:10'), 15.3],
    [at('01T08:20'), 15.3],
    [at('01T08:40'), 15.3],
    [at('01T08:50'), 15.5],
  ]);
  await watch(at('01T09:05'));
  assert.deepEqual(
    (await changes()).map(([, when, previous, value]) => [when, previous, value]),
    [
      ['01T08:00', null, 15],
      ['01T08:40', 15, 15.3],
      ['01T08:50', 15.3, 15.5],
    ],
  );
});

test('a run that lost its lease writes nothing', async (t) => {
  const { pool, write, watch, changes } = await farm(t);
  await write('air_cooler_611.temp_set', [[at('01T08:00'), 15]]);
  const lost = await takeLease(pool, 'hourly_setpoint_monitoring', 'test', 0);
  await takeLease(pool, 'hourly_setpoint_monitoring', 'another', 0);
  await assert.rejects(watch(at('01T09:05'), lost), FencedError);
  assert.deepEqual(await changes(), []);
});

test('any windows, late or repeated, give the same changes as the textbook', async (t) => {
  const { pool, write, watch, changes } = await farm(t);
  let state = 42;
  const random = (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((state / 2_147_483_648) * below);
  };
  let tenths = 150;
  const start = at('01T00:00').getTime();
  const readings = Array.from({ length: 2_000 }, (_, n) => {
    if (random(3) === 0) tenths += random(7) - 3;
    return { at: new Date(start + n * 5 * minute), tenths };
  });
  const expected: [number | null, number][] = [];
  for (const reading of readings) {
    const last = expected.at(-1)?.[1];
    if (last === undefined) expected.push([null, reading.tenths]);
    else if (Math.abs(reading.tenths - last) >= 5) expected.push([last, reading.tenths]);
  }

  let slot = start;
  let written = 0;
  while (written < readings.length) {
    slot += (1 + random(400)) * minute;
    const due = readings.filter((reading, n) => n >= written && reading.at.getTime() < slot);
    written += due.length;
    // Some readings arrive after their window was closed.
    const late = due.filter(() => random(10) === 0);
    const inTime = due.filter((reading) => !late.includes(reading));
    const asRows = (list: typeof due) => list.map(({ at, tenths }) => [at, tenths / 10] as [Date, number]);
    await write('air_cooler_611.temp_set', asRows(inTime));
    await watch(new Date(slot));
    await write('air_cooler_611.temp_set', asRows(late));
    if (random(4) === 0) await watch(new Date(slot));
  }
  await watch(new Date(slot + minute));
  assert.deepEqual(
    (await changes()).map(([, , previous, value]) => [
      previous === null ? null : Math.round(previous * 10),
      Math.round(value * 10),
    ]),
    expected,
  );
  assert.equal((await pool.query('select from late_reading')).rowCount, 0);
});

async function untilSome<Found extends { rowCount: number | null }>(
  look: () => Promise<Found>,
): Promise<Found> {
  for (;;) {
    const found = await look();
    if (found.rowCount) return found;
  }
}
