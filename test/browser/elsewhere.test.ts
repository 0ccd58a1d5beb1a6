import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig } from '@mycelium/config';
import { startNginx } from '../tools/nginx.ts';
import { openBrowser, openFarm, visit } from './farm.ts';

test('without a login, a visitor through a proxy sees the reason, and a browser on the machine sees the farm', async (t) => {
  const [farm, browser] = await Promise.all([openFarm(t, {}, { empty: true }), openBrowser(t)]);
  // It names the dashboard's machine as the host and marks nothing.
  const proxy = await startNginx(t, readConfig().MYCELIUM_HOME, `location / { proxy_pass ${farm.address}; }`);
  for (const language of ['en', 'zh-CN'] as const) {
    const { page, context } = await visit(browser, farm.address, { language });
    // A proxy that sends the dashboard's machine as the host and adds no headers.
    await page.route('http://farm.example/**', async (route) => {
      const { pathname, search } = new URL(route.request().url());
      await route.fulfill({ response: await route.fetch({ url: `${proxy}${pathname}${search}` }) });
    });
    await page.goto('http://farm.example/jobs');
    const reason = page.getByRole('alert').filter({ hasText: 'DASHBOARD_USER' });
    await reason.filter({ hasText: language === 'en' ? 'has no login' : '没有设置登录' }).waitFor();
    assert.deepEqual(await context.cookies(), []);
    await page.goto(`${farm.address}/jobs`);
    await page.getByRole('row', { name: /daily_env_stats/ }).waitFor();
    await context.close();
  }
});
