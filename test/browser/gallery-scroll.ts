/**
 * `node test/browser/gallery-scroll.ts`: measures how smoothly 10,000 images scroll with the wheel, from the first to
 * the last, in a real browser. The dashboard, the database and the browser share the machine.
 */
import type { Page } from 'playwright-core';
import { addImages, openBrowser, openFarm, visit } from './farm.ts';

const count = 10_000;
/** Pixels per turn of the wheel: for browsing, and for getting to the end. */
const [notch, flick] = [100, 800];

const releases: (() => unknown)[] = [];
const t = { after: (release: () => unknown) => releases.push(release) };
try {
  const [farm, browser] = await Promise.all([openFarm(t, {}, { empty: true }), openBrowser(t)]);
  await addImages(farm, { count, newest: new Date() });
  const { page, context } = await visit(browser, farm.address);
  await page.goto('/images');
  await page.locator('.tile img').first().waitFor();
  const still = await watch(page, () => page.waitForTimeout(3_000));
  await page.mouse.move(640, 600);
  const read = await watch(page, () => turn(page, notch, 200));
  const flown = await watch(page, () => flyToEnd(page));
  console.table({ still, read, flown });
  await context.close();
} finally {
  for (const release of releases.reverse()) await release();
}

async function turn(page: Page, pixels: number, times: number): Promise<void> {
  for (let n = 0; n < times; n++) await page.mouse.wheel(0, pixels);
}

async function flyToEnd(page: Page): Promise<void> {
  const isAtEnd = () =>
    page.evaluate(() => scrollY + innerHeight >= document.documentElement.scrollHeight - 1);
  while (!(await isAtEnd())) await turn(page, flick, 5);
  await page.locator('.tile').last().locator('img').waitFor();
}

interface Watched {
  frames: number[];
  tasks: number[];
  nodes: number[];
}

/** Measures frames, long tasks and nodes of the page during an action. */
async function watch(page: Page, act: () => Promise<unknown>) {
  const [watching, began] = [
    await page.evaluateHandle(() => {
      const watched: Watched = { frames: [], tasks: [], nodes: [] };
      new PerformanceObserver((list) => {
        watched.tasks.push(...list.getEntries().map(({ duration }) => duration));
      }).observe({ type: 'longtask' });
      let last = performance.now();
      const frame = (now: number) => {
        watched.frames.push(now - last);
        watched.nodes.push(document.getElementsByTagName('*').length);
        last = now;
        requestAnimationFrame(frame);
      };
      requestAnimationFrame(frame);
      return watched;
    }),
    performance.now(),
  ];
  const top = () => page.evaluate(() => scrollY);
  const from = await top();
  await act();
  const scrolled = (await top()) - from;
  const { frames, tasks, nodes } = await watching.jsonValue();
  const seconds = (performance.now() - began) / 1_000;
  const sorted = frames.toSorted((a, b) => a - b);
  const part = (share: number) => Math.round(sorted[Math.floor(sorted.length * share)] ?? 0);
  return {
    seconds: Math.round(seconds),
    'frames a second': Math.round(frames.length / seconds),
    'frame p50 ms': part(0.5),
    'frame p95 ms': part(0.95),
    'frame p99 ms': part(0.99),
    'longest frame ms': Math.round(sorted.at(-1) ?? 0),
    'tasks over 50 ms': tasks.length,
    'longest task ms': Math.round(Math.max(0, ...tasks)),
    'px a second': Math.round(scrolled / seconds),
    'nodes at most': Math.max(...nodes),
  };
}
