import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { accountForSlot, ensureModel, useModel } from '@mycelium/database';
import { addDays, dayOf, formatImageKey } from '@mycelium/farm';
import sharp from 'sharp';
import { askForPass, failJobs, openDashboard, visit } from './testing.ts';
import { growTestFarm, testModel } from './testing-farm.ts';

const now = new Date('2026-03-10T04:30:00Z');
const timeZone = 'Asia/Shanghai';
const today = dayOf(now, timeZone);
const yesterday = addDays(today, -1);

describe('the API of a small farm', () => {
  let farm: Awaited<ReturnType<typeof openDashboard>>;
  let send: Awaited<ReturnType<typeof visit>>['send'];
  const releases: (() => unknown)[] = [];
  const t = { after: (release: () => unknown) => releases.push(release) };
  const get = async (url: string) => {
    const answer = await send({ url });
    assert.equal(answer.statusCode, 200, `${url}: ${answer.body}`);
    return answer.json();
  };
  const post = async (url: string, payload: object = {}) => {
    const answer = await send({ method: 'POST', url, payload });
    assert.equal(answer.statusCode, 200, `${url}: ${answer.body}`);
    return answer.json();
  };

  before(async () => {
    farm = await openDashboard(t, {}, { clock: () => now });
    await growTestFarm(farm.pool, farm.store, { rooms: ['607', '611'], days: 3, now, timeZone });
    ({ send } = await visit(farm.app));
  });
  after(async () => {
    for (const release of releases.reverse()) await release();
  });

  test('today shows each room with its latest picture, its values with their bands, and its troubles', async () => {
    const { rooms, openAlerts, day } = await get('/api/today');
    assert.equal(day, today);
    assert.equal(openAlerts, 2);
    const [first, second] = rooms;
    assert.equal(first.room, '607');
    assert.equal(first.image.capturedAt, '2026-03-10T04:00:00.000Z');
    assert.deepEqual(first.metrics.temperature.band, { low: 15, high: 18.5 });
    assert.equal(first.metrics.temperature.curve.length, 48);
    assert.deepEqual(first.lastNight, { day: yesterday, images: 24, embedded: 22 });
    assert.deepEqual(second.troubles.at(-1), { what: 'not-embedded', count: 3, day: yesterday });
    assert.equal(first.changes > 0, true);
  });

  test('a room shows its newest lit picture, and its newest one', async () => {
    const images = async () => {
      const { rooms } = await get('/api/today');
      const { image, litImage } = rooms.find(({ room }: { room: string }) => room === '607');
      return { newest: image.id as number, lit: (litImage?.id ?? null) as number | null };
    };
    const { newest, lit } = await images();
    assert.equal(lit, null, 'unknown before an image is embedded');
    await farm.pool.query(
      `update image set brightness = case when extract(hour from captured_at at time zone $1) between 6 and 19
         then 0.35 else 0.12 end where room = '607'`,
      [timeZone],
    );
    await farm.pool.query('update image set brightness = 0.1 where id = $1', [newest]);
    const dark = await images();
    assert.equal(dark.newest, newest);
    const { rows } = await farm.pool.query(
      `select id from image where room = '607' and brightness > 0.3 and captured_at <= $1
       order by captured_at desc limit 1`,
      [now],
    );
    assert.equal(dark.lit, rows[0].id);
    await farm.pool.query("update image set brightness = 0.12 where room = '607'");
    assert.deepEqual(await images(), { newest, lit: newest }, 'a room that is always dim is lit');
    await farm.pool.query('update image set brightness = null');
  });

  test('downsampling keeps the smallest and the largest value and ignores dropouts', async () => {
    const { rows } = await farm.pool.query(
      `select id from point where room = '611' and point = 'temperature'`,
    );
    const peak = new Date('2026-03-08T10:02:00Z');
    await farm.pool.query('insert into reading values ($1, $2, 31.5)', [rows[0].id, peak]);
    const span = `from=2026-03-07T00:00:00Z&to=2026-03-10T00:00:00Z`;
    for (const buckets of [10, 100, 1_000]) {
      const series = await get(`/api/rooms/611/series?${span}&buckets=${buckets}`);
      assert.ok(series.buckets <= buckets);
      const { max, min, mean } = series.metrics.temperature;
      const n = Math.floor((peak.getTime() - Date.parse(series.from)) / 1_000 / series.step);
      assert.equal(max[n], 31.5);
      assert.ok(min[n] <= mean[n] && mean[n] <= max[n]);
      assert.ok(Math.min(...series.metrics.co2.min.filter((value: number | null) => value !== null)) > 1_000);
    }
    await farm.pool.query('delete from reading where ts = $1', [peak]);
  });

  test('a room’s bands, setpoints, pictures and changes share one clock', async () => {
    const span = `from=2026-03-08T00:00:00Z&to=2026-03-10T04:30:00Z`;
    const series = await get(`/api/rooms/607/series?${span}&images=12`);
    assert.ok(series.images.length > 8 && series.images.length <= 12);
    assert.deepEqual(
      series.bands.map(({ metric, low }: { metric: string; low: number }) => [metric, low]),
      [
        ['temperature', 15],
        ['humidity', 82],
      ],
    );
    const [line] = series.setpoints;
    assert.equal(line.point, 'temp_set');
    assert.equal(line.metric, 'temperature');
    const { changes } = await get(`/api/rooms/607/changes?${span}`);
    const mode = changes.find(({ point }: { point: string }) => point === 'mode');
    assert.equal(mode.labels['1'], 'auto');
    const { days } = await get(`/api/rooms/607/stats?from=${addDays(today, -3)}&to=${today}`);
    assert.equal(days.length, 9);
    assert.equal(days[0].metric, 'temperature');
  });

  test('the gallery pages through every image once', async () => {
    const seen = new Set<number>();
    let page = await get('/api/images?limit=50');
    const { total } = page;
    for (;;) {
      for (const { id } of page.images) seen.add(id);
      if (!page.next) break;
      page = await get(`/api/images?limit=50&after=${page.next}`);
    }
    assert.equal(seen.size, total);
    const bad = await get('/api/images?state=quarantined');
    assert.equal(bad.total, 2);
    const missing = await get(`/api/images?state=missing&room=611&from=${yesterday}&to=${yesterday}`);
    assert.equal(missing.total, 3);
    assert.equal((await get('/api/images?room=611')).total, total / 2);
  });

  test('an image is a small WebP that a browser may cache, and is not sent again if cached', async () => {
    const { images } = await get('/api/images?limit=1');
    const [{ id, version }] = images;
    const url = `/api/images/${id}/picture?width=160&v=${version}`;
    const picture = await send({ url });
    assert.equal(picture.headers['content-type'], 'image/webp');
    assert.match(String(picture.headers['cache-control']), /^private, max-age=31536000, immutable$/);
    assert.equal((await sharp(picture.rawPayload).metadata()).format, 'webp');
    const again = await send({ url, headers: { 'if-none-match': String(picture.headers.etag) } });
    assert.equal(again.statusCode, 304);
    assert.equal((await send({ url: `/api/images/${id}/picture?width=161` })).statusCode, 400);
    assert.equal((await send({ url: '/api/images/999999/picture' })).statusCode, 404);
  });

  test('an image shows what its vector was made from, and similar images are found', async () => {
    const { images } = await get('/api/images?room=611&limit=1');
    const detail = await get(`/api/images/${images[0].id}`);
    assert.equal(detail.textUsed, `Mushroom Room 611, normal stage, Day ${detail.growthDay}.`);
    assert.equal(detail.model, 'test@1/fp32#none');
    const similar = await get(`/api/images/${detail.id}/similar?limit=4`);
    assert.equal(similar.images.length, 4);
    assert.ok(similar.images[0].score > 0.99);
    assert.ok(!similar.images.some(({ id }: { id: number }) => id === detail.id));
    const searched = await send({ url: '/api/search?text=mushroom' });
    assert.equal(searched.statusCode, 503);
  });

  test('coverage counts expected, present, missing and quarantined images', async () => {
    const { rooms } = await get(`/api/coverage?from=${addDays(today, -5)}&to=${today}`);
    const cell = (room: string, day: string) =>
      rooms
        .find((row: { room: string }) => row.room === room)
        .cells.find((one: { day: string }) => one.day === day);
    assert.deepEqual(cell('607', yesterday), {
      day: yesterday,
      expected: 24,
      images: 24,
      embedded: 22,
      described: 0,
      quarantined: 2,
      stale: 0,
      missing: 0,
      absent: 0,
      readings: 1400 / 1440,
      readingsStale: false,
    });
    assert.equal(cell('611', yesterday).missing, 3);
    assert.equal(cell('611', addDays(today, -5)).expected, 0);
    assert.equal(cell('611', today).missing, 0);
  });

  const stepOf = { slot: null, reason: 'missing', quarantined: 0 };

  test('a backfill runs what its dry run showed, and does not queue a waiting step twice', async () => {
    const rooms = ['607', '611'];
    const request = { what: 'images', from: addDays(today, -3), to: today, rooms, only: 'missing' };
    const plan = await post('/api/backfill', { ...request, dryRun: true });
    const step = { job: 'embed_images', day: yesterday, rooms: ['611'], images: 3 };
    assert.deepEqual(plan.steps, [{ ...stepOf, ...step }]);
    assert.equal(plan.until, yesterday, 'today is not due');
    const queue = farm.queues.of('embed_images');
    assert.equal(await queue.getWaitingCount(), 0);

    const confirmed = { ...request, dryRun: false, steps: plan.steps };
    const done = await post('/api/backfill', confirmed);
    assert.deepEqual([done.steps, done.enqueued], [plan.steps, 1]);
    await post('/api/backfill', confirmed);
    const waiting = await queue.getWaiting();
    assert.deepEqual(
      waiting.map(({ data }) => data.payload),
      [{ day: yesterday, rooms: ['611'] }],
    );
    await queue.obliterate({ force: true });
  });

  test('images in the store for a past day count as missing in the matrix and in the plan', async () => {
    const before = addDays(today, -5);
    for (const hour of [10, 11]) {
      const capturedAt = new Date(`${before}T${hour}:00:00+08:00`);
      const image = { room: '611', camera: '1921681235', batchInDate: before, capturedAt };
      await farm.store.write(formatImageKey(image, { timeZone }), Buffer.from('a picture'));
    }
    const request = { what: 'images', from: addDays(today, -20), to: addDays(today, -4), dryRun: true };
    const { rooms, lookedAt } = await get(`/api/coverage?from=${before}&to=${yesterday}`);
    assert.ok(lookedAt);
    const missing = rooms.map((row: { cells: { missing: number }[] }) => row.cells[0]?.missing);
    assert.deepEqual(missing, [0, 2]);
    // The nightly run has never succeeded, so the backfill runs that.
    const slot = '2026-03-05T19:02:25.000Z';
    const step = { ...stepOf, job: 'daily_clip_inference', slot, day: before, rooms: ['611'], images: 2 };
    assert.deepEqual((await post('/api/backfill', request)).steps, [step]);
    assert.deepEqual((await post('/api/backfill', { ...request, only: 'all' })).steps, [step]);
    assert.deepEqual((await post('/api/backfill', { ...request, only: 'stale' })).steps, []);
    assert.deepEqual((await post('/api/backfill', { ...request, rooms: ['607'] })).steps, []);
  });

  test('images with vectors from a model other than the active one are stale', async () => {
    await ensureModel(farm.pool, 'other@1/fp32#none', { ...testModel, name: 'other' });
    const request = { what: 'images', from: yesterday, to: yesterday, dryRun: true };
    assert.deepEqual((await post('/api/backfill', { ...request, only: 'stale' })).steps, []);
    await useModel(farm.pool, 'other@1/fp32#none');
    const { steps } = await post('/api/backfill', { ...request, only: 'stale' });
    await useModel(farm.pool, 'test@1/fp32#none');
    // 24 pictures per room, of which two are quarantined; the run also embeds those without any vector.
    assert.deepEqual(steps, [
      {
        ...stepOf,
        ...{ job: 'daily_clip_inference', slot: '2026-03-09T19:02:25.000Z', day: yesterday },
        ...{ rooms: ['607', '611'], reason: 'stale', images: 24 + 22 },
      },
    ]);
  });

  test('quarantined images are retried on request', async () => {
    const { images } = await get('/api/quarantine');
    assert.equal(images[0].reason, 'truncated');
    const { retried } = await post('/api/quarantine/retry', { keys: [images[0].key] });
    assert.equal(retried, 1);
    assert.equal((await get('/api/quarantine')).images.length, 1);
    const [job] = await farm.queues.of('embed_batch').getWaiting();
    assert.deepEqual(job?.data.payload, { keys: [images[0].key] });
    await farm.queues.of('embed_batch').obliterate({ force: true });
  });

  test('an overdue slot is shown as late, and a process reports the dependency it cannot reach', async () => {
    await farm.pool.query(
      `insert into schedule (job, pattern, time_zone, first_seen, accounted_until)
       values ('daily_clip_inference', '25 2 3 * * *', $1, $2, $2)`,
      [timeZone, new Date('2026-03-01T00:00:00Z')],
    );
    await farm.pool.query(
      `insert into heartbeat values ('worker-clip@farm#7', 'worker-clip', 'farm', $1, $1, 'object store: no answer', $1)`,
      [now],
    );
    const { jobs, processes } = await get('/api/jobs');
    const late = jobs.filter((job: { late: string | null }) => job.late);
    assert.deepEqual(
      late.map(({ id, late }: { id: string; late: string }) => [id, late]),
      [['daily_clip_inference', '2026-03-09T19:02:25.000Z']],
    );
    assert.equal(processes[0].trouble, 'object store: no answer');
    await farm.pool.query(`delete from schedule; delete from heartbeat`);
  });

  test('a schedule is paused and resumed, and a job is run for a day', async () => {
    await farm.pool.query(
      `insert into schedule (job, pattern, time_zone, first_seen, accounted_until)
       values ('daily_env_stats', '20 3 1 * * *', $1, $2, $2)`,
      [timeZone, now],
    );
    const entry = async () =>
      (await get('/api/jobs')).jobs.find(({ id }: { id: string }) => id === 'daily_env_stats');
    assert.equal((await entry()).next, '2026-03-10T17:03:20.000Z');
    await post('/api/jobs/daily_env_stats/pause');
    assert.equal((await entry()).next, null);
    await post('/api/jobs/daily_env_stats/resume');
    assert.equal((await entry()).pausedAt, null);

    const { slot } = await post('/api/jobs/daily_env_stats/run', { day: yesterday });
    assert.equal(slot, '2026-03-09T17:03:20.000Z');
    const [job] = await farm.queues.of('daily_env_stats').getWaiting();
    assert.equal(job?.data.slot, slot);
    assert.equal(job?.data.cause, 'manual');
  });

  test('failed jobs are counted, then retried by their reason', async () => {
    const queue = farm.queues.of('daily_env_stats');
    await failJobs({ after: () => undefined }, queue);
    const { jobs, total } = await get('/api/failed');
    assert.equal(total, 1);
    assert.equal(jobs[0].reason, 'the store is empty');
    const choice = { queue: queue.name, reason: 'store' };
    assert.deepEqual(await post('/api/failed/retry', { ...choice, dryRun: true }), { jobs: 1 });
    assert.deepEqual(await post('/api/failed/retry', { ...choice, reason: 'moon', dryRun: true }), {
      jobs: 0,
    });
    assert.equal(await queue.getFailedCount(), 1);
    assert.deepEqual(await post('/api/failed/retry', choice), { jobs: 1 });
    const [retried] = await queue.getWaiting();
    assert.deepEqual(
      [jobs[0].attempts, retried?.attemptsMade],
      [1, 0],
      'it may be tried as often as a new one',
    );
    await queue.obliterate({ force: true });
  });

  test('runs are listed by page, shown with their report, and retried', async () => {
    const slot = new Date('2026-03-09T16:05:00Z');
    await accountForSlot(farm.pool, { job: 'hourly_setpoint_monitoring', slot }, 'missed');
    let page = await get('/api/runs?job=hourly_setpoint_monitoring&limit=20');
    const count = page.runs.length;
    page = await get(`/api/runs?job=hourly_setpoint_monitoring&limit=20&after=${page.next}`);
    assert.ok(count === 20 && page.runs.length >= 10 && page.next === null);

    const { runs } = await get('/api/runs?status=failed');
    const detail = await get(`/api/runs/${runs[0].id}`);
    assert.equal(detail.error, 'the database went away');
    assert.equal(detail.queued, null);
    await post(`/api/runs/${detail.id}/retry`);
    const [job] = await farm.queues.of('hourly_setpoint_monitoring').getWaiting();
    assert.equal(job?.data.slot, detail.slot);
  });

  test('every action is in the audit with its actor', async () => {
    const { alerts } = await get('/api/alerts');
    await post(`/api/alerts/${alerts[0].id}/close`);
    assert.equal((await get('/api/alerts')).alerts.length, 1);
    assert.equal((await get('/api/alerts?open=false')).alerts.length, 1);
    const { actions } = await get('/api/audit');
    const done = new Set(actions.map(({ action }: { action: string }) => action));
    for (const action of [
      'backfill',
      'quarantine retry',
      'pause',
      'resume',
      'run',
      'failed retry',
      'retry',
      'close alert',
    ]) {
      assert.ok(done.has(action), action);
    }
    assert.ok(actions.every(({ actor }: { actor: string }) => actor === 'local'));
  });

  test('live progress is sent while a page listens', async () => {
    const address = await farm.app.listen({ host: '127.0.0.1', port: 0 });
    const controller = new AbortController();
    const response = await fetch(`${address}/api/events`, {
      signal: controller.signal,
      headers: { cookie: await askForPass(address) },
    });
    assert.equal(response.headers.get('content-type'), 'text/event-stream');
    let text = '';
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      if (text.includes('data: ')) break;
    }
    const update = JSON.parse(/data: (.*)\n/.exec(text)?.[1] ?? '{}');
    assert.equal(update.openAlerts, 1);
    assert.ok(update.queues.length > 3);
    controller.abort();
  });
});
