import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import { createLedger } from '@mycelium/database';
import { startWorker } from '@mycelium/queue';
import type { Browser, Page } from 'playwright-core';
import { openBrowser, openFarm, visit } from './farm.ts';

const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

const pages = [
  '/',
  '/rooms/611',
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

/** Violations that keep somebody out. */
async function accessFaults(page: Page): Promise<string[]> {
  // The policy of the page lets no script in but its own: this one comes from outside it.
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

/** Takes the jobs of the batches' queue, none of which it understands. */
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
      timeZone: 'Asia/Shanghai',
      logger: { info: () => {}, warn: () => {}, error: () => {} },
    },
  );
  await until(async () => (await queues.of('embed_batch').getFailedCount()) > 0);
  await worker.close();
}

async function until(done: () => Promise<boolean>): Promise<void> {
  while (!(await done())) await new Promise((resolve) => setTimeout(resolve, 50));
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
  ] as const;
  for (const look of looks) {
    test(`every page is whole at ${look.width} px in ${look.language}, ${look.theme}`, async () => {
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

  test('images are found by words, by a picture and by likeness, and a hostile caption stays text', async () => {
    const { page, context, complaints } = await visit(browser, farm.address);
    await page.goto('/images');
    await page.getByRole('searchbox').fill('a dense cluster of mushrooms');
    await page.getByRole('button', { name: 'Search', exact: true }).click();
    await page.getByText(/nearest first/).waitFor();
    await page.locator('.tile button').first().click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('document.title').waitFor();
    assert.doesNotMatch(await page.title(), /owned/);
    await dialog.getByRole('button', { name: 'More like this' }).click();
    await page.getByText('like one image').waitFor();
    await page.locator('.tile').first().waitFor();

    const picture = await page.request.get('/api/images/50/picture?width=320');
    await page.locator('input[type=file]').setInputFiles({
      name: 'mine.webp',
      mimeType: 'image/webp',
      buffer: await picture.body(),
    });
    await page.getByText('like mine.webp').waitFor();
    await page.locator('.tile').first().waitFor();
    assert.deepEqual(complaints, []);
    await context.close();
  });

  test('missing days are chosen with the keyboard, shown as a plan, and asked for', async () => {
    const { page, context } = await visit(browser, farm.address);
    await page.goto('/coverage');
    await page.locator('td[tabindex="0"]').focus();
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Shift+ArrowDown');
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog');
    await dialog.getByText('1 run would be asked for').waitFor();
    const queue = farm.queues.of('embed_images');
    assert.equal(await queue.getWaitingCount(), 0);
    await dialog.getByRole('button', { name: 'Ask for 1 run' }).click();
    await page.getByText('1 run was asked for').waitFor();
    const [job] = await queue.getWaiting();
    assert.deepEqual(job?.data.payload.rooms, ['607', '608']);
    await queue.obliterate({ force: true });
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

  test('a failed job is retried in Bull Board, which loads nothing from elsewhere', async () => {
    const queue = farm.queues.of('embed_batch');
    const job = await queue.add('embed_batch', { nonsense: true });
    await failAll(farm);
    const { page, context, complaints } = await visit(browser, farm.address);
    const elsewhere: string[] = [];
    page.on('request', (request) => {
      if (!request.url().startsWith(farm.address)) elsewhere.push(request.url());
    });
    await page.goto(`/queues/queue/clip-batch?status=failed`);
    await page.getByRole('button', { name: /retry/i }).first().click();
    await page.getByRole('button', { name: /confirm/i }).click();
    await until(async () => (await job.getState()) === 'waiting');
    assert.deepEqual(elsewhere, []);
    assert.deepEqual(complaints, []);
    await context.close();
  });
});

describe('a dashboard with a login', () => {
  test('keeps a stranger out, lets a viewer look, and lets an operator act', async (t) => {
    const settings = { DASHBOARD_USER: 'grower', DASHBOARD_PASSWORD: 'a long pass phrase' };
    const farm = await openFarm(t, settings, { empty: true });
    const browser = await openBrowser(t);
    const { page, context } = await visit(browser, farm.address);

    await page.goto('/queues');
    await page.getByLabel('Name').fill('grower');
    await page.getByLabel('Password').fill('guessed wrong');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('alert').getByText('the name or the password is wrong').waitFor();
    await page.getByLabel('Password').fill('a long pass phrase');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.waitForURL(/\/queues/);

    await page.goto('/access');
    await page.getByRole('button', { name: 'Add an account' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('guest');
    await dialog.getByLabel(/Password/).fill('another pass phrase');
    await dialog.getByRole('button', { name: 'Add', exact: true }).click();
    await page.getByText('guest may log in now').waitFor();
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
