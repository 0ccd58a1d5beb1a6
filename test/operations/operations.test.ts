import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import {
  copyReadings,
  ensurePoints,
  findRun,
  listQuarantine,
  quarantine,
  rememberSchedule,
  upsertImages,
} from '@mycelium/database';
import { addDays, judgeReadingTimes, parseImageKey } from '@mycelium/farm';
import { slotForDay } from '@mycelium/queue';
import { openFarm, type TestFarm, timeZone } from './farm.ts';
import { commandLine, consoleApi, type FullPlan, type Step, type Surface } from './surfaces.ts';

/** The command line and the console do the same: each test runs on both, each time on its own farm. */
for (const surfaceOf of [commandLine, consoleApi]) {
  describe(`an operator on ${surfaceOf.name === 'commandLine' ? 'the command line' : 'the console'}`, () => {
    let farm: TestFarm;
    let surface: Surface;
    const releases: (() => unknown)[] = [];
    before(async () => {
      farm = await openFarm({ after: (release) => releases.push(release) });
      surface = surfaceOf(farm);
    });
    after(async () => {
      for (const release of releases.reverse()) await release();
    });
    const ago = (days: number) => addDays(farm.today, -days);
    const cells = async (from: string, to: string) => {
      const answer = await farm.send({ url: `/api/coverage?from=${from}&to=${to}` });
      assert.equal(answer.statusCode, 200, answer.body);
      return answer.json().rooms as {
        room: string;
        cells: { day: string; missing: number; stale: number; quarantined: number; readingsStale: boolean }[];
      }[];
    };

    test('cannot run a day that is not over, so the real run of that day is not lost', async () => {
      const before = await farm.queues.of('daily_env_stats').getJobCountByTypes();
      for (const day of [farm.today, addDays(farm.today, 1)]) {
        const answer = await surface.run('daily_env_stats', { day });
        assert.match('refused' in answer ? answer.refused : '', /is not over yet/);
      }
      const slot = slotForDay('daily_env_stats', farm.today, timeZone);
      const answer = await surface.run('daily_env_stats', { slot: slot.toISOString() });
      assert.match('refused' in answer ? answer.refused : '', /has not come yet/);
      assert.equal(await findRun(farm.pool, 'daily_env_stats', slot), undefined);
      assert.equal(await farm.queues.of('daily_env_stats').getJobCountByTypes(), before);
    });

    test('cannot run a job at a time that is not its slot, or without the payload it needs', async () => {
      const slot = slotForDay('daily_env_stats', ago(20), timeZone);
      const off = await surface.run('daily_env_stats', {
        slot: new Date(slot.getTime() + 1_000).toISOString(),
      });
      assert.match('refused' in off ? off.refused : '', /is not due at .* The slot before that is/);
      const bare = await surface.run('embed_images', {});
      assert.match('refused' in bare ? bare.refused : '', /embed_images needs a day/);
      const taken = await surface.run('daily_env_stats', { slot: slot.toISOString() });
      assert.deepEqual(taken, { slot: slot.toISOString() });
      await farm.idle();
      assert.equal((await findRun(farm.pool, 'daily_env_stats', slot))?.status, 'succeeded');
    });

    test('pauses only a schedule that a scheduler has registered', async () => {
      const unscheduled = await surface.pause('embed_images');
      assert.match('refused' in unscheduled ? unscheduled.refused : '', /embed_images has no schedule/);
      const api = await farm.send({ method: 'POST', url: '/api/jobs/embed_images/resume' });
      assert.deepEqual([api.statusCode, api.json().code], [409, 'refused.no-schedule']);
      const refused = await surface.pause('daily_env_stats');
      assert.match('refused' in refused ? refused.refused : '', /has not registered daily_env_stats/);
      const schedule = { job: 'daily_env_stats', pattern: '20 3 1 * * *', timeZone };
      await rememberSchedule(farm.pool, schedule, new Date());
      assert.ok(!('refused' in (await surface.pause('daily_env_stats'))));
    });

    test('sees why a request for images failed, and retries it with fresh attempts', async () => {
      const day = ago(30);
      await farm.addImages('611', day, [1, 2]);
      farm.failing.embedImages = true;
      await surface.run('embed_images', { day });
      await farm.idle();
      const { runs } = (await farm.send({ url: '/api/runs?status=failed' })).json();
      const detail = async () => (await farm.send({ url: `/api/runs/${runs[0].id}` })).json();
      const failed = await detail();
      assert.equal(failed.queued.state, 'failed');
      assert.match(failed.queued.failures[0], /the bucket is gone/);
      assert.equal(failed.queued.attemptsMade, 1);

      farm.failing.embedImages = false;
      await surface.retryFailed();
      await farm.idle();
      const retried = await detail();
      assert.equal(retried.status, 'succeeded');
      assert.equal(retried.report.succeeded, 2);
      assert.equal(retried.queued.attemptsMade, 1, 'the attempts were reset');
      assert.deepEqual(
        retried.history.map(({ outcome }: { outcome: string }) => outcome),
        ['failed', 'succeeded'],
        'the failure is not erased',
      );
      assert.match(retried.history[0].error, /the bucket is gone/);
    });

    test('releases readings of a wrong clock once, or discards them, and the audit names who did', async () => {
      const device = `mushroom_env_status_${surface.name.replace(/\W/g, '')}`;
      const ids = await ensurePoints(farm.pool, [
        { room: '612', deviceType: 'mushroom_env_status', device, point: 'temperature' },
      ]);
      const [pointId] = ids.values();
      const times = { firstDay: '2010-01-01', timeZone, maxAheadHours: 24, now: Date.now() };
      const send = async (...isos: string[]) =>
        copyReadings(
          farm.pool,
          isos.map((iso) => ({ pointId: pointId as number, ts: new Date(iso), value: 18 })),
          { judge: judgeReadingTimes(times) },
        );
      const stored = async () =>
        (await farm.pool.query('select count(*) as n from reading where point_id = $1', [pointId])).rows[0].n;

      await send('2000-01-01T00:01:01Z', '2036-02-07T06:28:16Z');
      assert.equal(await stored(), 0);
      assert.equal(await surface.releaseReadings(device), 2);
      assert.equal(await surface.releaseReadings(device), 0);
      assert.equal(await stored(), 2);
      await send('2036-02-07T06:29:16Z');
      assert.equal(await surface.discardReadings(device), 1);
      assert.equal(await stored(), 2);
      const { rows } = await farm.pool.query(
        `select actor, action from audit where action like 'readings %' and detail::text like $1 order by id`,
        [`%${device}%`],
      );
      assert.deepEqual(
        rows.map(({ action }) => action),
        ['readings release', 'readings discard'],
      );
      assert.match(rows[0].actor, surface.actor);
    });

    test('releases images in batches of 20; a malformed key stays and does not affect the others', async () => {
      const day = ago(31);
      const keys = await farm.addImages(
        '612',
        day,
        Array.from({ length: 23 }, (_, n) => n),
      );
      const malformed = `612/${day.replaceAll('-', '')}/holiday.jpg`;
      const rows = await Promise.all(
        keys.map(async (key) => ({
          ...parseImageKey(key, { timeZone, aliases: {} }),
          etag: (await farm.store.stat(key))?.etag as string,
          bytes: 1,
        })),
      );
      await upsertImages(farm.pool, rows);
      const bad = { reason: 'truncated', detail: 'ends early' };
      await quarantine(
        farm.pool,
        [...rows, { key: malformed, etag: '1' }].map(({ key, etag }) => ({ key, etag, ...bad })),
      );

      const { released, left } = await surface.release([...keys, malformed]);
      assert.equal(released, 23);
      assert.deepEqual(
        left.map(({ key }) => key),
        [malformed],
      );
      await farm.idle();
      const batches = (await farm.queues.of('embed_batch').getCompleted()).map(
        ({ data }) => data.payload.keys.length,
      );
      assert.deepEqual(batches.filter((length) => length > 2).sort(), [20, 3].sort());
      assert.equal(await farm.queues.of('embed_batch').getFailedCount(), 0);
      assert.deepEqual(
        (await listQuarantine(farm.pool)).map(({ key }) => key),
        [malformed],
      );
      const { rows: embedded } = await farm.pool.query(
        `select count(*) as n from image_embedding join image on image.id = image_id where day = $1`,
        [day],
      );
      assert.equal(embedded[0].n, 23);
    });

    test('finds the images that arrived after the nightly run, like the matrix', async () => {
      const [from, to] = [ago(42), ago(41)];
      await surface.run('daily_clip_inference', { day: from });
      await farm.idle();
      assert.deepEqual(await surface.plan({ job: 'daily_clip_inference', from, to }), []);

      await farm.addImages('701', from, [0, 1, 2, 3]);
      await farm.addImages('7', to, [5]);
      const plan = await surface.plan({ job: 'daily_clip_inference', from, to });
      assert.deepEqual(plan.map(brief), [`${from} missing 701 4`, `${to} missing 607 1`]);
      const shown = (await cells(from, to)).flatMap(({ room, cells }) =>
        cells
          .filter(({ missing }) => missing > 0)
          .map(({ day, missing }) => `${day} missing ${room} ${missing}`),
      );
      assert.deepEqual(shown.sort(), plan.map(brief));

      const { plan: run } = await surface.backfill({ job: 'daily_clip_inference', from, to });
      assert.deepEqual(run, plan);
      await farm.idle();
      assert.deepEqual(await surface.plan({ job: 'daily_clip_inference', from, to }), []);
    });

    test('finds a replaced image, and releases quarantined images only on request', async () => {
      const day = ago(44);
      const range = { job: 'daily_clip_inference', from: day, to: day } as const;
      const [first, second] = await farm.addImages('611', day, [1, 2]);
      await farm.store.write(second as string, Buffer.from('half an image'));
      await surface.backfill({ ...range, only: 'missing' });
      await farm.idle();
      assert.deepEqual(await surface.plan({ ...range, only: 'missing' }), []);
      const failed = await surface.plan({ ...range, only: 'failed' });
      assert.deepEqual(failed.map(brief), [`${day} failed 611 1`]);

      await farm.addImages('611', day, [2]);
      const replaced = await surface.plan({ ...range, only: 'missing' });
      assert.deepEqual(replaced.map(brief), [`${day} missing 611 1`]);
      await surface.backfill({ ...range, only: 'missing' });
      await farm.idle();
      assert.deepEqual(await listQuarantine(farm.pool, { keys: [second as string] }), [], 'it is good now');
      await farm.store.write(first as string, Buffer.from('half another'));
      await surface.backfill({ ...range, only: 'all' });
      await farm.idle();
      const { rows } = await farm.pool.query(
        `select count(*) filter (where e.etag = image.etag) as current from image
         join image_embedding e on e.image_id = image.id where day = $1`,
        [day],
      );
      assert.equal(rows[0].current, 1);
    });

    test('is shown what is wrong in the store, and images removed from it are quarantined', async () => {
      const [day, empty] = [ago(47), ago(48)];
      const range = { job: 'daily_clip_inference', from: empty, to: day } as const;
      const full = async () => (await surface.fullPlan({ ...range, only: 'all' })) as FullPlan;
      const [removed] = (await farm.addImages('611', day, [1, 2])) as [string];
      const lone = await farm.addImages('612', empty, [3]);
      const malformed = `611/${day.replaceAll('-', '')}/holiday.jpg`;
      await farm.store.write(malformed, Buffer.from('x'));
      const { steps, unreadable, examples, lookedAt } = await full();
      assert.deepEqual(steps.map(brief), [`${empty} missing 612 1`, `${day} missing 611 2`]);
      assert.equal(unreadable, 1);
      assert.equal(examples[0]?.key, malformed);
      assert.ok(lookedAt);

      for (const key of [removed, ...lone]) await farm.store.remove(key);
      const later = await full();
      assert.deepEqual([later.gone, later.emptyDays], [1, [empty]]);
      assert.deepEqual(later.steps.map(brief), [`${empty} missing 612 1`, `${day} missing 611 1`]);
      const [row] = await listQuarantine(farm.pool, { keys: [removed, ...lone] });
      assert.deepEqual([row?.key, row?.reason], [removed, 'missing']);

      await surface.backfill({ ...range, from: day });
      await farm.idle();
      assert.deepEqual(await surface.plan({ ...range, from: day, only: 'all' }), []);
      const room = (await cells(day, day)).find(({ room }) => room === '611');
      assert.deepEqual([room?.cells[0]?.missing, room?.cells[0]?.quarantined], [0, 1]);

      await farm.addImages('611', day, [1]);
      assert.deepEqual((await surface.plan({ ...range, from: day })).map(brief), [`${day} missing 611 1`]);
    });

    test('retries only the rooms with quarantined images, though the day has no run of its own', async () => {
      const day = ago(49);
      const range = { job: 'daily_clip_inference', from: day, to: day } as const;
      const [bad] = (await farm.addImages('611', day, [1])) as [string];
      await farm.addImages('612', day, [1, 2]);
      await farm.store.write(bad, Buffer.from('half an image'));
      await surface.backfill({ ...range, rooms: ['611'], only: 'missing' });
      await farm.idle();
      assert.equal((await listQuarantine(farm.pool, { keys: [bad] })).length, 1);

      const { plan } = await surface.backfill({ ...range, only: 'failed' });
      assert.deepEqual(plan.map(brief), [`${day} failed 611 1`]);
      await farm.idle();
      const { rows } = await farm.pool.query(
        `select count(*) as n from image_embedding join image on image.id = image_id where day = $1`,
        [day],
      );
      assert.equal(rows[0].n, 0, 'no image of room 612 was announced');
    });

    test('may name a room by its alias, and sees the known rooms when there is no such room', async () => {
      const day = ago(50);
      const range = { job: 'daily_clip_inference', from: day, to: day } as const;
      await farm.addImages('7', day, [1]);
      const plan = await surface.plan({ ...range, rooms: ['7'] });
      assert.deepEqual(plan.map(brief), [`${day} missing 607 1`]);
      for (const job of ['daily_clip_inference', 'daily_env_stats'] as const) {
        const answer = await surface.fullPlan({ ...range, job, rooms: ['61l'] });
        assert.match('refused' in answer ? answer.refused : '', /no room 61l\. Known rooms: .*607/);
      }
    });

    test('finds the history of a room imported after the days were computed', async () => {
      const [from, to] = [ago(12), ago(10)];
      const range = { job: 'daily_env_stats', from, to } as const;
      await farm.addTemperatures('608', from);
      await surface.backfill(range);
      await farm.idle();
      assert.deepEqual(await surface.plan({ ...range, only: 'stale' }), []);

      await farm.addTemperatures('611', ago(11));
      const plan = await surface.plan({ ...range, only: 'stale' });
      assert.deepEqual(plan.map(brief), [`${ago(11)} stale 611 0`]);
      const shown = (await cells(from, to)).flatMap(({ room, cells }) =>
        cells.filter(({ readingsStale }) => readingsStale).map(({ day }) => `${day} stale ${room} 0`),
      );
      assert.deepEqual(shown, plan.map(brief));
      await surface.backfill({ ...range, only: 'stale' });
      await farm.idle();
      assert.deepEqual(await surface.plan({ ...range, only: 'stale' }), []);
      const { rows } = await farm.pool.query(`select room, day from env_daily_stats where room = '611'`);
      assert.deepEqual(rows, [{ room: '611', day: ago(11) }]);
    });

    test('is named in the audit for every action', async () => {
      const { rows } = await farm.pool.query<{ actor: string; action: string }>(
        'select distinct actor, action from audit',
      );
      for (const { actor } of rows) assert.match(actor, surface.actor);
      const actions = rows.map(({ action }) => action);
      for (const action of ['run', 'pause', 'backfill', 'quarantine retry'])
        assert.ok(actions.includes(action), action);
      assert.ok(actions.some((action) => action === 'retry' || action === 'failed retry'));
    });
  });
}

const brief = ({ day, reason, rooms, images }: Step) => `${day} ${reason} ${rooms.join(' ')} ${images}`;

describe('the plan that was shown', () => {
  const releases: (() => unknown)[] = [];
  after(async () => {
    for (const release of releases.reverse()) await release();
  });

  test('is run exactly, whatever has changed since; a step that cannot be part of a plan is refused', async () => {
    const farm = await openFarm({ after: (release) => releases.push(release) });
    const [from, to] = [addDays(farm.today, -12), addDays(farm.today, -11)];
    const post = async (payload: object) => {
      const answer = await farm.send({ method: 'POST', url: '/api/backfill', payload });
      return { status: answer.statusCode, body: answer.json() };
    };
    await farm.addImages('611', from, [1, 2]);
    await farm.addImages('612', addDays(from, -1), [1]);
    const request = { what: 'images', from, to, rooms: ['611', '612'], only: 'missing' };
    const { steps } = (await post({ ...request, dryRun: true })).body;
    assert.equal(steps.length, 1);
    await farm.addImages('612', to, [1, 2]);
    const { status, body } = await post({ ...request, steps, dryRun: false });
    assert.deepEqual([status, body.steps, body.enqueued], [200, steps, 1]);
    await farm.idle();
    const { rows } = await farm.pool.query(
      `select distinct room from image join image_embedding e on e.image_id = image.id`,
    );
    assert.deepEqual(rows, [{ room: '611' }]);

    const wrong = [
      [{ ...steps[0], day: farm.today }, 400, 'refused.day-not-over'],
      [{ ...steps[0], rooms: ['999'] }, 400, 'refused.no-room'],
      [{ ...steps[0], rooms: [] }, 409, 'refused.plan-changed'],
      [{ ...steps[0], job: 'prune', slot: new Date().toISOString() }, 409, 'refused.plan-changed'],
    ] as const;
    for (const [step, status, code] of wrong) {
      const refused = await post({ ...request, steps: [step], dryRun: false });
      assert.deepEqual([refused.status, refused.body.code], [status, code]);
    }
  });
});
