import assert from 'node:assert/strict';
import { rename, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { createLedger } from '@mycelium/database';
import { addDays } from '@mycelium/farm';
import { slotForDay, startWorker } from '@mycelium/queue';
import type { Browser, Page } from 'playwright-core';
import { addImages, openBrowser, openFarm, visit } from './farm.ts';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

const hour = 3_600_000;
const timeZone = 'Asia/Shanghai';

const pages = [
  '/',
  '/rooms/611',
  '/rooms/611/timelapse?every=image',
  '/images',
  '/coverage',
  '/quarantine',
  '/jobs',
  '/runs',
  '/failed',
  '/alerts',
  '/audit',
  '/access',
  '/nothing',
];

/** Accessibility violations that lock someone out. */
async function accessFaults(page: Page): Promise<string[]> {
  // The page's policy allows only its own scripts, so this one is injected from outside.
  await page.evaluate(await (await import('node:fs/promises')).readFile(axe, 'utf8'));
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as {
      axe: { run(): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> };
    };
    const { violations } = await axe.run();
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
  });
}

type Farm = Awaited<ReturnType<typeof openFarm>>;

/** Fails every job in the queue of batches. */
async function failAll({ queues, connection, pool }: Farm): Promise<void> {
  const handlers = { embed_batch: () => Promise.reject(new Error('never called')) };
  const ledger = createLedger(pool, 'browser test');
  const worker = startWorker(
    'clip-batch',
    handlers,
    {},
    {
      connection,
      queues,
      ledger,
      timeZone,
      logger: { info: () => {}, warn: () => {}, error: () => {} },
    },
  );
  await until(async () => (await queues.of('embed_batch').getFailedCount()) > 0);
  await worker.close();
}

async function until(done: () => Promise<boolean>): Promise<void> {
  for (let n = 0; n < 1_200; n++) {
    if (await done()) return;
    await wait(50);
  }
  assert.fail('the condition was not met within a minute');
}

describe('the console on the demo farm', () => {
  let farm: Farm;
  let browser: Browser;
  const releases: (() => unknown)[] = [];
  before(async () => {
    const t = { after: (release: () => unknown) => releases.push(release) };
    [farm, browser] = await Promise.all([openFarm(t), openBrowser(t)]);
  });
  after(async () => {
    for (const release of releases.reverse()) await release();
  });

  const looks = [
    { width: 1280, language: 'en', theme: 'light' },
    { width: 390, language: 'zh-CN', theme: 'dark' },
    { width: 1920, language: 'en', theme: 'dark' },
  ] as const;
  for (const look of looks) {
    test(`every page fits at ${look.width} px in ${look.language}, ${look.theme}`, async () => {
      const { page, context, complaints } = await visit(browser, farm.address, look);
      for (const path of pages) {
        await page.goto(path);
        await page.locator('h1').waitFor();
        await page.locator('.skeleton').first().waitFor({ state: 'detached' });
        assert.equal(await page.locator('html').getAttribute('lang'), look.language);
        const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wider <= 0, `${path} is ${wider} px too wide`);
        assert.deepEqual(await accessFaults(page), [], path);
      }
      assert.deepEqual(complaints, []);
      await context.close();
    });
  }

  test('a room is zoomed by dragging, and a picture of its strip opens', async () => {
    const { page, context, complaints } = await visit(browser, farm.address);
    await page.goto('/rooms/611');
    const chart = page.locator('.u-over').first();
    await chart.waitFor();
    const box = await chart.boundingBox();
    assert.ok(box);
    const before = await page.locator('.page-head p').textContent();
    await page.mouse.move(box.x + box.width * 0.3, box.y + 40);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.6, box.y + 40, { steps: 5 });
    await page.mouse.up();
    await page.waitForURL(/from=\d+&to=\d+/);
    assert.notEqual(await page.locator('.page-head p').textContent(), before);
    await page.locator('.strip-image').first().click();
    await page
      .getByRole('dialog')
      .getByRole('heading', { name: /Room 611/ })
      .waitFor();
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('a time-lapse runs, and is stepped by keys and dragged', async () => {
    const { page, context, complaints } = await visit(browser, farm.address);
    await page.goto('/rooms/611');
    await page.getByRole('link', { name: 'Time-lapse' }).click();
    await page.getByRole('button', { name: 'All', exact: true }).click();
    const scrubber = page.getByRole('slider');
    await scrubber.waitFor();
    // Until the images of the whole batch have come, it has those of the last day.
    const count = async () => Number(await scrubber.getAttribute('max'));
    for (let tries = 0; tries < 100 && (await count()) <= 20; tries++) await page.waitForTimeout(50);
    const last = await count();
    assert.ok(last > 20, `${last} images`);
    const at = async () => Number(await scrubber.inputValue());
    const reaches = async (reached: (n: number) => boolean) => {
      for (let tries = 0; tries < 100 && !reached(await at()); tries++) await page.waitForTimeout(50);
      assert.ok(reached(await at()), `at image ${await at()}`);
    };
    assert.equal(await at(), last, 'the newest one first');
    await page.getByRole('button', { name: '16/s' }).click();
    await page.getByRole('button', { name: 'Play' }).click();
    await reaches((n) => n > 3 && n < last);
    await page.getByRole('button', { name: 'Pause' }).click();
    const paused = await at();
    await page.locator('h1').click();
    await page.keyboard.press('ArrowRight');
    await reaches((n) => n === paused + 1);
    await page.keyboard.press('Home');
    await reaches((n) => n === 0);
    await scrubber.fill('7');
    await page.getByText(`8 of ${last + 1}`).waitFor();
    const shown = page.locator('.time-lapse img');
    assert.ok(
      await shown.evaluate((image: HTMLImageElement) => image.decode().then(() => image.naturalWidth > 0)),
    );
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('a room is moved and zoomed with the wheel, by dragging with Shift and by keys', async () => {
    const { page, context, complaints } = await visit(browser, farm.address);
    const to = Math.floor(Date.now() / 60_000) * 60_000 - 12 * hour;
    await page.goto(`/rooms/611?from=${to - 24 * hour}&to=${to}`);
    const chart = page.locator('.u-over').first();
    await chart.waitFor();
    const box = await chart.boundingBox();
    assert.ok(box);
    const middle = [box.x + box.width / 2, box.y + 40] as const;
    /** The time window in the address, in hours before `to`. */
    const windowOf = ({ searchParams }: URL) =>
      ['from', 'to'].map((name) => Math.round((to - Number(searchParams.get(name))) / hour));
    const movesTo = async (expected: [number, number], how: string) => {
      await page.waitForURL((url) => isDeepStrictEqual(windowOf(url), expected)).catch(() => {});
      assert.deepEqual(windowOf(new URL(page.url())), expected, how);
    };

    await page.mouse.move(...middle);
    await page.mouse.wheel(-box.width / 2, 0);
    await movesTo([36, 12], 'scrolled sideways');
    await page.keyboard.down('Shift');
    await page.mouse.down();
    await page.mouse.move(middle[0] - box.width / 4, middle[1], { steps: 4 });
    await page.mouse.up();
    await page.keyboard.up('Shift');
    await movesTo([30, 6], 'dragged with Shift');
    await page.keyboard.press('ArrowLeft');
    await movesTo([42, 18], 'to the left');
    await page.keyboard.press('ArrowRight');
    await movesTo([30, 6], 'to the right');
    await page.keyboard.press('+');
    await movesTo([24, 12], 'in');
    await page.keyboard.press('-');
    await movesTo([30, 6], 'out');
    await page.mouse.move(...middle);
    await page.keyboard.down('Control');
    await page.mouse.wheel(0, -300 * Math.LN2);
    await page.keyboard.up('Control');
    await movesTo([24, 12], 'in, by Ctrl and the wheel');
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('images are found by text, by image and by similarity, and a hostile caption stays text', async () => {
    const { page, context, complaints } = await visit(browser, farm.address);
    await page.goto('/images');
    await page.getByRole('searchbox').fill('a dense cluster of mushrooms');
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await page.getByText(/most similar first/).waitFor();
    await page.locator('.tile button').first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('document.title').waitFor();
    assert.doesNotMatch(await page.title(), /owned/);
    await dialog.getByRole('button', { name: 'Find similar' }).click();
    await page.getByText('similar to the chosen image').waitFor();
    await page.locator('.tile').first().waitFor();

    const picture = await page.request.get('/api/images/50/picture?width=320');
    await page.locator('input[type=file]').setInputFiles({
      name: 'mine.webp',
      mimeType: 'image/webp',
      buffer: await picture.body(),
    });
    await page.getByText('similar to mine.webp').waitFor();
    await page.locator('.tile').first().waitFor();
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('missing days are chosen with the keyboard, shown as a plan, and queued', async () => {
    const { page, context } = await visit(browser, farm.address);
    await page.goto('/coverage');
    await page.locator('td[tabindex="0"]').focus();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Shift+ArrowDown');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('This starts 1 run').waitFor();
    const queue = farm.queues.of('embed_images');
    assert.equal(await queue.getWaitingCount(), 0);
    await dialog.getByRole('button', { name: 'Start 1 run' }).click();
    await page.getByText('1 run queued').waitFor();
    const [job] = await queue.getWaiting();
    assert.deepEqual(job?.data.payload.rooms, ['607', '608']);
    await queue.obliterate({ force: true });
    await context.close();
  });

  test('a backfill plans what is needed by default, and shows what it leaves out', async () => {
    const { page, context, complaints } = await visit(browser, farm.address);
    const failed = addDays(farm.today, -2);
    await farm.pool.query(
      `insert into runs (job, slot, status, cause, attempts, started_at, finished_at, lateness)
       values ('daily_env_stats', $1, 'failed', 'schedule', 1, now(), now(), interval '0 s')`,
      [slotForDay('daily_env_stats', failed, timeZone)],
    );
    const folder = join(farm.images, '611', failed.replaceAll('-', ''));
    await writeFile(join(folder, 'snapshot.jpg'), 'no image key');

    await page.goto('/coverage');
    await page.getByText(/^Image store listed at/).waitFor();
    const choose = async (keys: string[]) => {
      await page.locator('td[tabindex="0"]').focus();
      for (const key of keys) await page.keyboard.press(key);
      await page.keyboard.press('Enter');
      return page.getByRole('dialog');
    };
    const images = await choose(['ArrowDown', 'ArrowDown', 'Shift+ArrowLeft', 'Shift+ArrowLeft']);
    await images.getByText('Skipped: 1 object in the store without a valid image key.').waitFor();
    await images.getByRole('listitem').filter({ hasText: '/snapshot.jpg" is not an image key' }).waitFor();
    await images.getByText(/^Days after .* are not due yet\.$/).waitFor();
    await images.getByText(/^Image store listed at/).waitFor();
    await images.getByRole('button', { name: 'Cancel' }).click();

    await page.getByRole('button', { name: 'Readings' }).click();
    await page.getByRole('listitem').filter({ hasText: 'out of date' }).waitFor();
    await page.locator('.matrix-hint', { hasText: /no statistics$|%$/ }).waitFor();
    const readings = await choose(['Shift+ArrowLeft']);
    await readings.getByText('This starts 2 runs').waitFor();
    assert.match(
      (await readings.locator('.plan li').allTextContents()).join(),
      /Missing · 611.*Failed · 611/,
    );
    await readings.getByRole('button', { name: 'Failed', exact: true }).click();
    await readings.getByText('This starts 1 run').waitFor();
    await readings.getByRole('button', { name: 'Cancel' }).click();

    await page.getByRole('button', { name: 'Images', exact: true }).click();
    await rename(farm.images, `${farm.images}-away`);
    await symlink(farm.images, farm.images); // leads nowhere
    await page.getByRole('button', { name: '14 d' }).click();
    await page.getByText(/^The image store was not listed/).waitFor();
    await rm(farm.images);
    await rename(`${farm.images}-away`, farm.images);
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('alerts are shown in the language of the reader', async () => {
    const { page, context } = await visit(browser, farm.address, { language: 'zh-CN' });
    await page.goto('/alerts');
    await page.getByText('没有数据：611 库房').waitFor();
    await page.getByText('611 库房在 01:03:20 的运行中没有有效读数').waitFor();
    await context.close();
  });

  test('a schedule is paused and resumed', async () => {
    const { page, context } = await visit(browser, farm.address);
    await page.goto('/jobs');
    const row = page.getByRole('row', { name: /daily_env_stats/ });
    await row.getByRole('button', { name: 'Pause' }).click();
    await row.getByRole('button', { name: 'Resume' }).click();
    await row.getByRole('button', { name: 'Pause' }).waitFor();
    await context.close();
  });

  test('a job whose slot has not started is due, and each process shows its state', async () => {
    const { page, context } = await visit(browser, farm.address);
    const [schedule] = (
      await farm.pool.query(`update schedule set accounted_until = now(), first_seen = now() - interval '3 days'
                             where job = 'daily_env_stats' returning job`)
    ).rows;
    assert.ok(schedule);
    await farm.pool.query(`delete from runs where job = 'daily_env_stats'`);
    await farm.pool.query(
      `insert into heartbeat (process, service, host, started_at, seen_at, trouble, trouble_since) values
         ('worker-clip@farm#7', 'worker-clip', 'farm', now(), now(), 'object store: no answer', now()),
         ('worker-setpoint@farm#8', 'worker-setpoint', 'farm', now(), now(), null, null),
         ('scheduler@farm#9', 'scheduler', 'farm', now(), now() - interval '1 hour', null, null)`,
    );
    for (const path of ['/', '/jobs']) {
      await page.goto(path);
      await page.locator('.badge.bad', { hasText: /^Due / }).waitFor();
    }
    const processes = page.getByRole('region', { name: 'Processes' });
    await processes
      .getByRole('listitem')
      .filter({ hasText: /scheduler.*No heartbeat/s })
      .waitFor();
    await processes
      .getByRole('listitem')
      .filter({ hasText: /worker-setpoint.*Working/s })
      .waitFor();
    await processes
      .getByRole('listitem')
      .filter({ hasText: /worker-clip.*object store: no answer.*Paused/s })
      .waitFor();
    await context.close();
  });

  test('loaded older runs stay when newer ones arrive', async () => {
    const insert = (from: number, to: number) =>
      farm.pool.query(
        `insert into runs (job, slot, status, cause, attempts)
         select 'create_tables', timestamptz '2001-01-01Z' + n * interval '1 minute', 'succeeded', 'manual', 1
         from generate_series($1::int, $2::int) n`,
        [from, to],
      );
    await insert(1, 80);
    const { page, context } = await visit(browser, farm.address);
    await page.goto('/runs?job=create_tables');
    const rows = page.locator('tbody tr');
    const shows = (count: number) => until(async () => (await rows.count()) === count);
    const { n } = (await farm.pool.query(`select count(*) as n from runs where job = 'create_tables'`))
      .rows[0];
    await shows(50);
    await page.getByRole('button', { name: 'More' }).click();
    await shows(n);
    await insert(81, 100);
    await rows.first().click();
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
    await shows(n + 20);
    await context.close();
  });

  test('a flapping point is shown in its run and on the page of its room', async () => {
    const point = {
      name: 'air_cooler_611.on_off',
      previous: 'off',
      value: 'on',
      changes: 59,
      flapping: true,
    };
    const calm = { ...point, name: 'air_cooler_611.temp_set', changes: 2, flapping: false };
    const room = { room: '611', from: null, changes: 61, points: [point, calm] };
    await farm.pool.query(
      `insert into runs (job, slot, status, cause, attempts, started_at, finished_at, lateness, report)
       values ('hourly_setpoint_monitoring', now(), 'succeeded', 'schedule', 1, now(), now(), interval '0 s', $1)`,
      [JSON.stringify({ to: new Date().toISOString(), changes: 61, rooms: [room], failed: [] })],
    );
    const { page, context, complaints } = await visit(browser, farm.address);
    await page.goto('/rooms/611');
    await page.getByText(/air_cooler_611.on_off is flapping: 59 changes/).waitFor();
    await page.goto('/runs?job=hourly_setpoint_monitoring');
    await page.locator('.link').first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('row', { name: /611 air_cooler_611.on_off 59, flapping off on/ }).waitFor();
    assert.equal(await dialog.getByText('59, flapping').count(), 1);
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('a failed job is retried in Bull Board, which loads nothing from elsewhere', async () => {
    const queue = farm.queues.of('embed_batch');
    const job = await queue.add('embed_batch', { nonsense: true });
    await failAll(farm);
    const { page, context, complaints } = await visit(browser, farm.address);
    // A browser proves on the dashboard's second port that it is on this machine.
    const { passPort } = await (await fetch(`${farm.address}/api/session`)).json();
    const own = [farm.address, `http://127.0.0.1:${passPort}`].map((address) => new URL(address).origin);
    const elsewhere: string[] = [];
    page.on('request', (request) => {
      if (!own.includes(new URL(request.url()).origin)) elsewhere.push(request.url());
    });
    await page.goto(`/queues/queue/clip-batch?status=failed`);
    await page.getByRole('button', { name: /retry/i }).first().click();
    await page.getByRole('button', { name: /confirm/i }).click();
    await until(async () => (await job.getState()) === 'waiting');
    assert.deepEqual(elsewhere, []);
    // On a busy machine, Chromium remarks that Bull Board does not use at once what it preloads.
    assert.deepEqual(
      complaints.filter((complaint) => !complaint.includes('was preloaded using link preload')),
      [],
    );
    await context.close();
  });
});

test('with many rooms, one is chosen from a list', async (t) => {
  const [farm, browser] = await Promise.all([openFarm(t, {}, { empty: true }), openBrowser(t)]);
  await farm.pool.query(
    `insert into point (room, device_type, device, point, kind)
     select 600 + n, 'mushroom_env_status', 'mushroom_env_status_' || 600 + n, 'temperature', 'measurement'
     from generate_series(1, 60) n`,
  );
  const { page, context, complaints } = await visit(browser, farm.address);
  await page.goto('/rooms/607');
  await page.getByLabel('Rooms', { exact: true }).and(page.locator('select')).selectOption('652');
  await page.getByRole('heading', { name: /652/ }).waitFor();
  await page.waitForURL(/\/rooms\/652/);
  await page.getByText('No readings in this range').first().waitFor();
  assert.deepEqual(complaints, []);
  await context.close();
});

test('the page contains only images near the viewport out of ten thousand, and the last can be reached', async (t) => {
  const [farm, browser] = await Promise.all([openFarm(t, {}, { empty: true }), openBrowser(t)]);
  await addImages(farm, { count: 10_000, newest: new Date() });
  const { page, context, complaints } = await visit(browser, farm.address);
  await page.goto('/images');
  await page.locator('.tile img').first().waitFor();
  const shown = async () => (await page.locator('.tile').count()) < 100;
  assert.ok(await shown(), 'at the beginning');
  const { rows } = await farm.pool.query(`select id from image order by captured_at, id limit 1`);
  await page.keyboard.press('End');
  await page.locator(`.tile:last-child img[src^="/api/images/${rows[0].id}/"]`).waitFor();
  assert.ok(await shown(), 'at the end');
  assert.deepEqual(complaints, []);
  await context.close();
});

describe('a dashboard with a login', () => {
  test('needs a login, lets a viewer look, and lets an operator act', async (t) => {
    const settings = { DASHBOARD_USER: 'grower', DASHBOARD_PASSWORD: 'a long pass phrase' };
    const farm = await openFarm(t, settings, { empty: true });
    const browser = await openBrowser(t);
    const { page, context } = await visit(browser, farm.address);

    await page.goto('/queues');
    await page.getByLabel('Name').fill('grower');
    await page.getByLabel('Password').fill('guessed wrong');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('alert').getByText('The name or the password is wrong.').waitFor();
    await page.getByLabel('Password').fill('a long pass phrase');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.waitForURL(/\/queues/);

    await page.goto('/access');
    await page.getByRole('button', { name: 'Add account' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('guest');
    await dialog.getByLabel(/Password/).fill('another pass phrase');
    await dialog.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByText('guest can log in now').waitFor();
    await page.getByRole('button', { name: 'Log out' }).click();

    await page.getByLabel('Name').fill('guest');
    await page.getByLabel('Password').fill('another pass phrase');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('navigation', { name: 'Pages', exact: true }).waitFor();
    await page.goto('/jobs');
    await page.getByRole('row', { name: /daily_env_stats/ }).waitFor();
    assert.equal(await page.getByRole('button', { name: 'Pause' }).count(), 0);
    assert.equal(await page.getByRole('link', { name: 'Access' }).count(), 0);
    await context.close();
  });
});
