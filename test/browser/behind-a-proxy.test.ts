import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { readConfig } from '@mycelium/config';
import { startProvider } from '@mycelium/dashboard/src/testing-provider.ts';
import type { Browser } from 'playwright-core';
import { startCaddy } from '../tools/caddy.ts';
import { startNginx } from '../tools/nginx.ts';
import { openBrowser, openFarm } from './farm.ts';

const account = { DASHBOARD_USER: 'grower', DASHBOARD_PASSWORD: 'a long pass phrase' };

describe('below a path of a proxy', () => {
  let farm: Awaited<ReturnType<typeof openFarm>>;
  let browser: Browser;
  const releases: (() => unknown)[] = [];
  const t = { after: (release: () => unknown) => releases.push(release) };
  const { MYCELIUM_HOME: home } = readConfig();
  const consoles: string[] = [];
  before(async () => {
    const provider = await startProvider(t, consoles);
    const settings = {
      ...account,
      DASHBOARD_BASE_PATH: '/mycelium/',
      TRUSTED_PROXIES: '127.0.0.1',
      OIDC_ISSUER: provider.issuer,
      OIDC_CLIENT_ID: provider.clientId,
      OIDC_CLIENT_SECRET: provider.clientSecret,
      OPERATOR_GROUPS: 'growers',
    };
    [farm, browser] = await Promise.all([openFarm(t, settings), openBrowser(t)]);
  });
  after(async () => {
    for (const release of releases.reverse()) await release();
  });

  /** The block of docs/proxy.md for this program, with the address of this test's dashboard. */
  async function blockOf(language: string): Promise<string> {
    const page = await readFile(new URL('../../docs/proxy.md', import.meta.url), 'utf8');
    const block = new RegExp(`\`\`\`${language}\n(.*?)\`\`\``, 's').exec(page)?.[1] ?? '';
    assert.match(block, /127\.0\.0\.1:7300/);
    return block.replaceAll('127.0.0.1:7300', new URL(farm.address).host);
  }

  const proxies = {
    nginx: async () => startNginx(t, home, await blockOf('nginx')),
    Caddy: async () => startCaddy(t, home, await blockOf('caddyfile')),
    'a proxy that takes the path away': () =>
      startNginx(
        t,
        home,
        `location /mycelium/ { proxy_pass ${farm.address}/; proxy_set_header Host $http_host; proxy_http_version 1.1; }`,
      ),
  };
  for (const [name, start] of Object.entries(proxies)) {
    test(`${name}: a person logs in, sees pictures and live updates, plans a backfill and opens Bull Board`, async () => {
      const address = await start();
      const context = await browser.newContext({
        baseURL: address,
        ignoreHTTPSErrors: true,
        viewport: { width: 1280, height: 900 },
      });
      context.setDefaultTimeout(120_000);
      const page = await context.newPage();
      const strays: string[] = [];
      page.on('request', (request) => {
        if (!request.url().startsWith(`${address}/mycelium/`) && !/^(data|blob):/.test(request.url()))
          strays.push(request.url());
      });

      await page.goto('/mycelium/rooms/611');
      await page.getByLabel('Name').fill(account.DASHBOARD_USER);
      await page.getByLabel('Password').fill(account.DASHBOARD_PASSWORD);
      await page.getByRole('button', { name: 'Log in' }).click();
      await page.getByRole('heading', { name: /611/ }).first().waitFor();
      const cookies = await context.cookies();
      const isTls = address.startsWith('https');
      assert.deepEqual(
        cookies
          .map(({ name, path, secure }) => ({ name, path, secure }))
          .sort((a, b) => (a.name < b.name ? -1 : 1)),
        ['XSRF-TOKEN', 'mycelium_session'].map((name) => ({ name, path: '/mycelium/', secure: isTls })),
      );

      await page.getByRole('link', { name: 'Today' }).first().click();
      await page.waitForURL('**/mycelium/');
      await page.waitForFunction(() =>
        [...document.querySelectorAll<HTMLImageElement>('.room-picture img')].some(
          (image) => image.naturalWidth > 0,
        ),
      );

      await page.getByRole('link', { name: 'Jobs', exact: true }).first().click();
      await page.waitForURL('**/mycelium/jobs');
      const waiting = (await farm.queues.of('embed_batch').getJobCounts('waiting')).waiting ?? 0;
      const live = page.evaluate(
        (wanted) =>
          new Promise((resolve) => {
            const events = new EventSource('/mycelium/api/events');
            events.onmessage = ({ data }) => {
              const { queues } = JSON.parse(data) as { queues: { waiting: number }[] };
              if (queues.some((queue) => queue.waiting === wanted)) resolve(events.close());
            };
          }),
        waiting + 1,
      );
      const job = await farm.queues.of('embed_batch').add('embed_batch', { keys: [] });
      await live;

      await page.goto('/mycelium/coverage');
      await page.getByText(/^Image store listed at/).waitFor();
      await page.locator('td[tabindex="0"]').focus();
      for (const key of ['ArrowDown', 'ArrowDown', 'Shift+ArrowLeft', 'Enter'])
        await page.keyboard.press(key);
      const plan = page.getByRole('dialog');
      await plan.getByText(/^Image store listed at/).waitFor();

      await page.goto('/mycelium/queues');
      await page.getByText('clip-batch').first().click();
      await page.getByText(`#${job.id}`).first().waitFor();
      assert.match(page.url(), /\/mycelium\/queues\/queue\/clip-batch/);
      await job.remove();
      assert.deepEqual(strays, []);
      await context.close();
    });
  }

  test('through nginx and Caddy, a person logs in with the company’s account and logs out of it', async () => {
    const addresses = [await proxies.nginx(), await proxies.Caddy()];
    consoles.push(...addresses.map((address) => `${address}/mycelium`));
    for (const address of addresses) {
      const context = await browser.newContext({ baseURL: address, ignoreHTTPSErrors: true });
      context.setDefaultTimeout(60_000);
      const page = await context.newPage();
      await page.goto('/mycelium/jobs');
      await page.getByRole('link', { name: 'Log in with the company’s account' }).click();
      await page.locator('input[name=login]').fill('mei');
      await page.locator('input[name=password]').fill('any');
      await page.locator('button[type=submit]').click();
      await page.locator('button[type=submit]').click();
      await page.waitForURL('**/mycelium/jobs');
      await page.getByText('company mei').waitFor();
      await page.getByRole('link', { name: 'Access' }).first().waitFor();

      await page.getByRole('button', { name: 'Log out' }).click();
      await page.waitForURL('**/session/end?**');
      await page.locator('button[name=logout]').click();
      await page.waitForURL(`${address}/mycelium/login**`);
      await page.getByLabel('Password').waitFor();
      await context.close();
    }
  });
});
