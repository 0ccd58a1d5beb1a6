import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { readConfig } from '@mycelium/config';
import { freePort } from '@mycelium/embedded';
import { openStore } from '@mycelium/storage';
import sharp from 'sharp';
import { startNginxToKill } from '../../tools/nginx.ts';
import { startApp } from '../harness/app-process.ts';
import type { Scenario, Testbed } from '../harness/scenario.ts';

const token = 'a token for devices';
const account = { name: 'grower', password: 'a long pass phrase' };
const servedWithin = 15;
const first = Date.UTC(2026, 0, 1);

export const r22: Scenario = {
  id: 'R22',
  title:
    'the console below a path of nginx: nginx and the console killed and frozen in turn while devices send',
  quiet: true,
  async run(testbed) {
    await openStore(testbed.store).ensureBucket();
    const [rounds, pause] = testbed.full ? [5, 8_000] : [1, 1_500];
    const port = await freePort();
    const nginx = await startNginxToKill(
      { after: testbed.onEnd },
      readConfig().MYCELIUM_HOME,
      `
      location /mycelium/ {
        proxy_pass http://127.0.0.1:${port};
        proxy_http_version 1.1;
        proxy_set_header Host $http_host;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto $scheme;
        client_max_body_size 100m;
      }`,
    );
    const settings = {
      ...{ DASHBOARD_PORT: String(port), DASHBOARD_BASE_PATH: '/mycelium', TRUSTED_PROXIES: '127.0.0.1' },
      ...{ DASHBOARD_USER: account.name, DASHBOARD_PASSWORD: account.password },
      ...{ INGEST_TOKEN: token, IMAGE_TOKEN: token },
    };
    let dashboard = await startApp(testbed, 'dashboard', settings);
    const console = `${nginx.address}/mycelium`;
    while (!(await fetch(`${console}/api/session`).catch(() => undefined))?.ok) await wait(100);
    const cookie = await logIn(console);
    const devices = startDevices(console);
    const page = watchPage(console, cookie);
    await page.next();

    const broken: string[] = [];
    let slowest = 0;
    let recovered = 0;
    const faults: [what: string, fault: () => Promise<unknown>][] = [
      [
        'the console killed',
        async () => {
          dashboard.child.kill('SIGKILL');
          await dashboard.ended;
          dashboard = await startApp(testbed, 'dashboard', settings);
        },
      ],
      [
        'nginx killed',
        async () => {
          await nginx.kill();
          await wait(pause / 4);
          await nginx.start();
        },
      ],
      [
        'the console frozen',
        async () => {
          dashboard.child.kill('SIGSTOP');
          await wait(pause);
          dashboard.child.kill('SIGCONT');
        },
      ],
    ];
    for (let round = 0; round < rounds; round++) {
      for (const [what, fault] of faults) {
        await wait(testbed.random() * pause);
        await fault();
        const began = Date.now();
        const updates = await Promise.race([page.next(), wait(60_000, 'none')]);
        const sent = await Promise.race([devices.next(), wait(60_000, 'none')]);
        const seconds = (Date.now() - began) / 1_000;
        slowest = Math.max(slowest, seconds);
        testbed.log(`${what}: an update and a reading came through after ${seconds.toFixed(1)} s`);
        if (updates === 'none' || sent === 'none') broken.push(`after ${what}: nothing comes through`);
        else if (seconds > servedWithin) broken.push(`after ${what}: only after ${seconds.toFixed(1)} s`);
        else recovered++;
      }
    }
    const sent = await devices.stop();
    page.stop();
    const session = await fetch(`${console}/api/session`, { headers: { cookie } });
    if ((await session.json()).visitor?.name !== account.name) broken.push('the login is gone');
    if (sent.retries === 0) broken.push('no request failed, so nothing was tried');
    const counted = await count(testbed, sent);
    return {
      ...counted,
      ...{ recovered, broken },
      note: `${sent.readings} readings and ${sent.pictures} pictures acknowledged, ${sent.retries} requests repeated; live updates and readings came through again after ${slowest.toFixed(1)} s at most, in the same login`,
    };
  },
};

async function logIn(console: string): Promise<string> {
  const answer = await fetch(`${console}/api/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: new URL(console).origin },
    body: JSON.stringify(account),
  });
  if (!answer.ok) throw new Error(`no login: ${await answer.text()}`);
  return answer.headers
    .getSetCookie()
    .map((line) => line.split(';')[0])
    .join('; ');
}

/** A page of the console that reconnects as browsers do. `next` waits for an update that has still to come. */
function watchPage(console: string, cookie: string) {
  const stopped = new AbortController();
  let updates = 0;
  void (async () => {
    while (!stopped.signal.aborted) {
      try {
        const answer = await fetch(`${console}/api/events`, { headers: { cookie }, signal: stopped.signal });
        if (!answer.ok || !answer.body) throw new Error(String(answer.status));
        for await (const _ of answer.body) updates++;
      } catch {
        await wait(1_000);
      }
    }
  })();
  return {
    async next() {
      const before = updates;
      while (updates === before) await wait(50);
    },
    stop: () => stopped.abort(),
  };
}

/** Four gateways and a camera, which send each request until it is acknowledged. */
function startDevices(console: string) {
  let isEnded = false;
  const counts = { readings: 0, pictures: 0, retries: 0 };
  async function send(path: string, type: string, body: BodyInit) {
    for (;;) {
      const answer = await fetch(`${console}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': type },
        body,
        signal: AbortSignal.timeout(20_000),
      }).catch(() => undefined);
      await answer?.body?.cancel();
      if (answer?.ok) return;
      counts.retries++;
      await wait(100);
    }
  }
  async function gateway(n: number) {
    for (let batch = 0; !isEnded; batch++) {
      const rows = Array.from({ length: 100 }, (_, row) => ({
        time: first + (batch * 100 + row) * 1_000,
        ...{
          room: '611',
          device: `mushroom_env_status_${n}`,
          point: 'temperature',
          value: batch * 100 + row,
        },
      }));
      await send('/api/readings', 'application/json', JSON.stringify(rows));
      counts.readings += rows.length;
      await wait(20);
    }
  }
  async function camera() {
    for (let n = 0; !isEnded; n++) {
      const background = { r: n % 256, g: (n >> 8) % 256, b: 128 };
      const picture = await sharp({ create: { width: 32, height: 32, channels: 3, background } })
        .jpeg()
        .toBuffer();
      const at = new Date(first + n * 1_000).toISOString();
      await send(`/api/images?room=611&captured-at=${at}`, 'image/jpeg', new Uint8Array(picture));
      counts.pictures++;
      await wait(50);
    }
  }
  const all = Promise.all([...[1, 2, 3, 4].map(gateway), camera()]);
  return {
    async next() {
      const { readings, pictures } = counts;
      while (counts.readings === readings || counts.pictures === pictures) await wait(50);
    },
    async stop() {
      isEnded = true;
      await all;
      return counts;
    },
  };
}

/** Counts readings and pictures that were acknowledged and are missing or wrong, and those that are there twice. */
async function count({ pool, store }: Testbed, sent: { readings: number; pictures: number }) {
  const { rows } = await pool.query<{ readings: number; right: number }>(
    `select count(*)::int as readings,
            count(*) filter (where ts = to_timestamp($1 / 1000.0 + value))::int as right
     from reading`,
    [first],
  );
  const { readings = 0, right = 0 } = rows[0] ?? {};
  const folder = join(String(store.IMAGE_DIR), '611');
  const files = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.jpg'));
  const times = new Set(files.map((name) => name.slice(-'20260101000000.jpg'.length, -'.jpg'.length)));
  const missing = Array.from({ length: sent.pictures }, (_, n) => secondsOf(n)).filter(
    (time) => !times.has(time),
  );
  return {
    lost: sent.readings - right + missing.length,
    doubled: readings - right + files.length - (sent.pictures - missing.length),
  };
}

/** When the nth picture was taken, as its key has it. */
const secondsOf = (n: number) => new Date(first + n * 1_000).toISOString().slice(0, 19).replace(/\D/g, '');
