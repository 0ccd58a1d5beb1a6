import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createPool, migrate, type Pool } from '@mycelium/database';
import { freePort } from '@mycelium/embedded';
import { demoModelDir } from '@mycelium/encoder/demo-model';
import { photographAs } from '@mycelium/encoder/testing';
import pLimit from 'p-limit';
import { type Bench, type BenchContext, type BenchRow, createDatabase } from './bench.ts';

const token = 'a token for the bench';
const mostSeconds = 60;
const kinds = [
  { name: 'one every half second', count: 120, secondsApart: 0.5 },
  { name: '1,000 at once', count: 1_000, secondsApart: 0 },
];

/**
 * P14: seconds from the beginning of an upload until the image has its vector, and so is found by a search. The real
 * dashboard and the real image worker with the demo model; the pictures are photographs in HD.
 */
export const bench: Bench = { name: 'arrivals', ids: ['P14'], run };

async function run(context: BenchContext): Promise<BenchRow[]> {
  const { workDir, log } = context;
  const databaseUrl = await createDatabase(context.databaseUrl, 'bench_arrivals');
  const pool = createPool(databaseUrl, { name: 'bench', max: 2 });
  await migrate(pool);
  const imageDir = join(workDir, 'images');
  await mkdir(imageDir, { recursive: true });
  const port = String(await freePort());
  const env = {
    MYCELIUM_HOME: workDir,
    TZ: 'UTC',
    DATABASE_URL: databaseUrl,
    REDIS_URL: context.redisUrl,
    REDIS_PREFIX: `{bench-arrivals-${process.pid}}`,
    IMAGE_DIR: imageDir,
    CLIP_MODEL: demoModelDir,
    DASHBOARD_PORT: port,
    IMAGE_TOKEN: token,
    LOG_LEVEL: 'warn',
  };
  const apps = await Promise.all([startApp('dashboard', env), startApp('worker-clip', env)]);
  try {
    const rows: BenchRow[] = [];
    for (const [room, kind] of kinds.entries()) {
      const url = `http://127.0.0.1:${port}/api/images?room=${611 + room}`;
      const seconds = await arrive(pool, url, kind);
      const p95 = seconds.toSorted((a, b) => a - b)[Math.ceil(0.95 * seconds.length) - 1] as number;
      log(`${kind.name}: p95 ${p95.toFixed(1)} s, slowest ${Math.max(...seconds).toFixed(1)} s`);
      rows.push({
        ...{ id: 'P14', case: `${kind.name}: p95`, unit: 's', ours: p95 },
        ...{ naive: null, limit: mostSeconds, vsNaive: null, vsLimit: mostSeconds / p95, n: seconds.length },
      });
    }
    return rows;
  } finally {
    await Promise.all(apps.map((stop) => stop()));
    await pool.end();
  }
}

/** Uploads pictures. @returns for each the seconds until it has its vector */
async function arrive(
  pool: Pool,
  url: string,
  { count, secondsApart }: (typeof kinds)[number],
): Promise<number[]> {
  const pictures = await Promise.all(
    Array.from({ length: 8 }, (_, n) => photographAs('jpeg', 1920, 1080, n + 1)),
  );
  const first = Date.parse('2026-03-01T00:00:00Z');
  const limit = pLimit(8);
  const began = new Map<string, number>();
  const upload = async (n: number) => {
    const start = Date.now();
    const takenAt = new Date(first + n * 10_000).toISOString();
    const answer = await fetch(`${url}&captured-at=${takenAt}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'image/jpeg' },
      body: new Uint8Array(pictures[n % pictures.length] as Buffer),
    });
    if (!answer.ok) throw new Error(`the upload was answered with ${answer.status}: ${await answer.text()}`);
    const { images } = (await answer.json()) as { images: { key: string }[] };
    // All of them arrive at once, however long they wait for the dashboard.
    began.set((images[0] as { key: string }).key, secondsApart === 0 ? allBegan : start);
  };
  const allBegan = Date.now();
  const uploads: Promise<void>[] = [];
  for (let n = 0; n < count; n++) {
    uploads.push(limit(() => upload(n)));
    if (secondsApart > 0) await wait(secondsApart * 1_000);
  }
  await Promise.all(uploads);
  const embedded = `select key, embedded_at as at from image join image_embedding on image_id = id where key = any($1)`;
  const keys = [...began.keys()];
  for (let tries = 0; tries < 1_200; tries++) {
    const { rows } = await pool.query<{ key: string; at: Date }>(embedded, [keys]);
    if (rows.length === count)
      return rows.map(({ key, at }) => (at.getTime() - (began.get(key) as number)) / 1_000);
    await wait(250);
  }
  throw new Error('not all pictures have a vector');
}

async function startApp(app: string, env: Record<string, string>) {
  const healthPort = String(await freePort());
  const script = new URL(`../apps/${app}/src/main.ts`, import.meta.url).pathname;
  const child = spawn(process.execPath, [script], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...env, HEALTH_PORT: healthPort },
  });
  const ended = once(child, 'exit');
  while (!(await fetch(`http://127.0.0.1:${healthPort}/readyz`).catch(() => undefined))?.ok) {
    if (child.exitCode !== null) throw new Error(`${app} ended with ${child.exitCode}`);
    await wait(100);
  }
  return () => {
    child.kill('SIGTERM');
    return ended;
  };
}
