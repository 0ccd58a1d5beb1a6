import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { openBrowser, openFarm } from './farm.ts';

/** A name that runs a script where it is not shown as text: in elements, in attributes and in addresses. */
const hostile = `"><img src=x onerror="window.owned=1"><script>window.owned=1</script>'javascript:window.owned=1//`;
const room = 'R<u data-owned>1';

/** What a careless page would do with such a name. */
describe('a farm whose names are scripts', () => {
  let farm: Awaited<ReturnType<typeof openFarm>>;
  let browser: Browser;
  const releases: (() => unknown)[] = [];
  const t = { after: (release: () => unknown) => releases.push(release) };
  before(async () => {
    [farm, browser] = await Promise.all([openFarm(t), openBrowser(t)]);
    // Past the checks of our own doors: anyone may write to these tables by SQL.
    await farm.pool.query(
      `insert into point (room, device, device_type, point, kind, unit)
         values ($2, $1, 'mushroom_env_status', 'temperature', 'measurement', $1), ($2, $1, 'air_cooler', $1, 'analog', $1)`,
      [hostile, room],
    );
    await farm.pool.query(
      `insert into reading (point_id, ts, value)
         select id, now() - make_interval(mins => n), n from point, generate_series(1, 120) n where room = $1`,
      [room],
    );
    await farm.pool.query(
      `insert into alert (kind, subject, severity, message) values ('no-data', $1, 'critical', $1)`,
      [hostile],
    );
    await farm.pool.query(`insert into audit (actor, action, subject) values ($1, $1, $1)`, [hostile]);
    await farm.pool.query(
      `insert into runs (job, slot, status, cause, error, worker)
         values ('daily_env_stats', now(), 'failed', 'manual', $1, $1), ($2, now(), 'failed', 'manual', $1, $1)`,
      [hostile, hostile.slice(0, 60)],
    );
    await farm.pool.query(`insert into quarantine (key, reason, detail) values ($1, 'bad_key', $1)`, [
      hostile,
    ]);
    await farm.pool.query(
      `insert into heartbeat (process, service, host, started_at, seen_at, trouble, trouble_since)
         values ($1, $1, $1, now(), now(), $1, now())`,
      [hostile],
    );
    await farm.pool.query('update image set room = $1 where id in (select id from image limit 5)', [room]);
  });
  after(async () => {
    for (const release of releases.reverse()) await release();
  });

  for (const language of ['en', 'zh-CN']) {
    test(`every page shows them as text (${language})`, async () => {
      const context = await browser.newContext({ baseURL: farm.address, locale: language });
      const page = await context.newPage();
      const faults: string[] = [];
      page.on('dialog', (dialog) => faults.push(`a dialog: ${dialog.message()}`));
      page.on('pageerror', (error) => faults.push(`${page.url()}: ${error.message}`));
      page.on('console', (message) => {
        if (/Content.Security.Policy|Refused to/.test(message.text())) faults.push(message.text());
      });
      const own = encodeURIComponent(room);
      let shown = 0;
      for (const path of [
        ...[
          '/',
          `/rooms/${own}`,
          `/rooms/${own}/timelapse`,
          '/images',
          `/images?room=${own}`,
          '/coverage',
          '/quarantine',
        ],
        ...[
          '/jobs',
          '/runs',
          '/failed',
          '/alerts',
          '/audit',
          '/access',
          `/rooms/${encodeURIComponent(hostile)}`,
        ],
        `/login?next=${encodeURIComponent('javascript:window.owned=1')}&problem=${encodeURIComponent(hostile)}`,
      ]) {
        await page.goto(path);
        await page.waitForLoadState('networkidle');
        const found = await page.evaluate(() => ({
          owned: (window as unknown as { owned?: number }).owned,
          elements: document.querySelectorAll('img[src="x"], [data-owned], script:not([src])').length,
          links: [...document.querySelectorAll('a')].filter(({ href }) => href.startsWith('javascript:'))
            .length,
          text:
            document.body.textContent?.includes('window.owned=1') ||
            document.body.textContent?.includes('R<u data-owned>1'),
        }));
        const { owned, elements, links, text } = found;
        if (owned || elements > 0 || links > 0) faults.push(`${path}: ${JSON.stringify(found)}`);
        if (text) shown++;
      }
      assert.deepEqual(faults, []);
      assert.ok(shown >= 6, `the names were shown on ${shown} pages`);
      await context.close();
    });
  }
});
