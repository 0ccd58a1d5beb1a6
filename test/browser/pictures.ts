/**
 * `node test/browser/pictures.ts [ADDRESS]`: takes the pictures of the README and of docs/console.md from the demo
 * farm of a running `npm start` (by default at the dashboard's usual address). It first runs the jobs for the two days
 * before yesterday, so that there is something to see.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addDays } from '@mycelium/farm';
import type { Page } from 'playwright-core';
import sharp from 'sharp';
import { openBrowser, visit } from './farm.ts';

const address = process.argv[2] ?? 'http://127.0.0.1:7300';
const folder = join(import.meta.dirname, '..', '..', 'docs', 'img');

interface Picture {
  name: string;
  path: string;
  width?: number;
  height?: number;
  theme?: 'light' | 'dark';
  language?: 'en' | 'zh-CN';
  /** Actions on the page before the picture is taken. */
  before?: (page: Page) => Promise<unknown>;
}

const phone = { width: 390, height: 844 };
const wide = { width: 1920, height: 1080 };
const search = async (page: Page) => {
  await page.getByRole('searchbox').fill('a dense cluster of brown caps');
  await page.locator('.search-bar button[type=submit]').click();
  await page.locator('.tile-caption').first().waitFor();
};
const openFirst = (selector: string) => async (page: Page) => {
  await page.locator(selector).first().click();
  await page.locator('dialog .facts').waitFor();
};

const pictures: Picture[] = [
  { name: 'today', path: '/', width: 1680, height: 940 },
  { name: 'today-wide-dark', path: '/', ...wide, theme: 'dark' },
  { name: 'today-phone-zh', path: '/', ...phone, theme: 'dark', language: 'zh-CN' },
  { name: 'room', path: '/rooms/611' },
  { name: 'room-wide-dark', path: '/rooms/611', ...wide, theme: 'dark' },
  { name: 'room-phone', path: '/rooms/611', ...phone },
  { name: 'images', path: '/images', before: search },
  { name: 'images-phone-zh', path: '/images', ...phone, theme: 'dark', language: 'zh-CN' },
  { name: 'image', path: '/images?state=embedded&room=611', before: openFirst('.tile button') },
  { name: 'coverage', path: '/coverage', height: 620, before: openBackfill },
  { name: 'coverage-phone', path: '/coverage', ...phone },
  { name: 'quarantine', path: '/quarantine', height: 480 },
  { name: 'jobs', path: '/jobs', height: 1120 },
  { name: 'jobs-phone-dark', path: '/jobs', ...phone, theme: 'dark' },
  { name: 'runs-dark-zh', path: '/runs', theme: 'dark', language: 'zh-CN', before: openFirst('.link') },
  { name: 'failed', path: '/failed', height: 480 },
  { name: 'alerts', path: '/alerts', height: 480 },
  { name: 'audit', path: '/audit', height: 480 },
  { name: 'access', path: '/access', height: 480 },
  { name: 'queues', path: '/queues', height: 620 },
];

await main();

async function main(): Promise<void> {
  const releases: (() => unknown)[] = [];
  const browser = await openBrowser({ after: (release) => releases.push(release) });
  try {
    const first = await visit(browser, address);
    await growUp(first.page);
    await first.context.close();
    await mkdir(folder, { recursive: true });
    for (const picture of pictures) {
      const { name, path, before } = picture;
      const { page, context } = await visit(browser, address, picture);
      await page.goto(path);
      await page.locator('h1, a[href*="/queues/queue/"]').first().waitFor();
      await page.locator('.skeleton').first().waitFor({ state: 'detached' });
      await before?.(page);
      await stillness(page);
      const png = await page.screenshot({ animations: 'disabled' });
      const small = await sharp(png).png({ palette: true, colours: 192, dither: 0.4, effort: 10 }).toBuffer();
      await writeFile(join(folder, `${name}.png`), small);
      console.log(`${name}.png  ${Math.round(small.length / 1_000)} kB`);
      await context.close();
    }
  } finally {
    for (const release of releases) await release();
  }
}

/** Runs the jobs for days that have no vectors or statistics yet. */
async function growUp(page: Page): Promise<void> {
  await page.goto('/');
  await page.locator('h1').waitFor(); // by then the browser has its pass
  const { day } = (await ask(page, 'GET', '/api/today')) as { day: string };
  for (const ago of [2, 3]) {
    for (const job of ['daily_env_stats', 'embed_images']) {
      await ask(page, 'POST', `/api/jobs/${job}/run`, { day: addDays(day, -ago) });
    }
  }
  for (;;) {
    const { queues, active } = (await ask(page, 'GET', '/api/jobs')) as {
      queues: { waiting: number; waitingForBatches: number }[];
      active: unknown[];
    };
    const left = queues.reduce((sum, queue) => sum + queue.waiting + queue.waitingForBatches, active.length);
    if (left === 0) return;
    await page.waitForTimeout(1_000);
  }
}

/** Sends a request like the page itself, with its cookie and token. */
function ask(page: Page, method: 'GET' | 'POST', url: string, body?: object): Promise<unknown> {
  return page.evaluate(
    async ([method, url, body]) => {
      const token = /XSRF-TOKEN=([^;]+)/.exec(document.cookie)?.[1] ?? '';
      const headers = { 'x-xsrf-token': token, ...(body && { 'content-type': 'application/json' }) };
      const answer = await fetch(url, { method, headers, ...(body && { body: JSON.stringify(body) }) });
      if (!answer.ok) throw new Error(`${url}: ${await answer.text()}`);
      return answer.json();
    },
    [method, url, body] as const,
  );
}

/** Waits until every visible image has loaded and the curves are drawn. */
async function stillness(page: Page): Promise<void> {
  await page.waitForFunction(() =>
    [...document.images]
      .filter((image) => image.getBoundingClientRect().top < innerHeight)
      .every(({ complete }) => complete),
  );
  await page.waitForTimeout(500);
}

async function openBackfill(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Readings' }).click();
  await page.locator('td[tabindex="0"]').focus();
  for (const key of ['ArrowLeft', 'Shift+ArrowLeft', 'Shift+ArrowLeft', 'Shift+ArrowDown', 'Enter']) {
    await page.keyboard.press(key);
  }
  await page.getByRole('button', { name: 'All', exact: true }).click();
  await page.locator('dialog .plan').waitFor();
}
