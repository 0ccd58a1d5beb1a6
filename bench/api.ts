import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { Agent, get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import { createPool, migrate, type Pool } from '@mycelium/database';
import { freePort } from '@mycelium/embedded';
import { connect, createQueues } from '@mycelium/queue';
import { fillFarm, lastDay, month } from './api/farm.ts';
import { type Bench, type BenchContext, type BenchRow, createDatabase, median, time } from './bench.ts';

const dashboard = new URL('../apps/dashboard/src/main.ts', import.meta.url).pathname;
const rounds = 40;
const maxMs = 100;
const maxMonthMs = 300;
const maxMonthKb = 100;

/**
 * API: the real dashboard with 100,000 images and 100,000 waiting jobs. Measures every address that the pages request,
 * in turn, and reports the p95 of the slowest. Also compares sending a month of one-minute readings of a room ready to
 * draw with sending all of them, in milliseconds and in kilobytes over the wire. The limits are the project's own.
 */
export const bench: Bench = { name: 'api', ids: ['API'], run };

async function run(context: BenchContext): Promise<BenchRow[]> {
  const { log, workDir, redisUrl } = context;
  const databaseUrl = await createDatabase(context.databaseUrl, 'bench_api');
  const pool = createPool(databaseUrl, { name: 'bench', max: 4 });
  const prefix = `{bench-api-${process.pid}}`;
  const queues = createQueues(
    connect(
      {
        REDIS_URL: redisUrl,
        REDIS_PREFIX: prefix,
        REDIS_CONNECT_TIMEOUT: 5_000,
        REDIS_COMMAND_TIMEOUT: 60_000,
      },
      () => {},
    ),
  );
  try {
    await migrate(pool);
    const seconds = await time(() => fillFarm(pool, queues));
    log(`a farm of 100,000 images and 100,000 jobs in ${seconds.toFixed(0)} s`);
    const address = `http://127.0.0.1:${await freePort()}`;
    const images = join(workDir, 'images');
    await mkdir(images);
    const child = spawn(process.execPath, [dashboard], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        MYCELIUM_HOME: workDir,
        TZ: 'UTC',
        DATABASE_URL: databaseUrl,
        REDIS_URL: redisUrl,
        REDIS_PREFIX: prefix,
        IMAGE_DIR: images,
        DASHBOARD_PORT: new URL(address).port,
        LOG_LEVEL: 'error',
      },
    });
    try {
      await answers(`${address}/readyz`);
      pass = await getPass(address);
      return [await measurePages(address, pool, log), ...(await measureMonth(address, pool, log))];
    } finally {
      child.kill('SIGTERM');
      await once(child, 'exit');
    }
  } finally {
    await Promise.all(queues.all.map((queue) => queue.obliterate({ force: true })));
    await queues.close();
    await pool.end();
  }
}

async function answers(url: string): Promise<void> {
  while (!(await fetch(url).catch(() => undefined))?.ok) await wait(100);
}

/** The cookie that identifies a browser on its machine to a dashboard without a login. */
let pass = '';

async function getPass(address: string): Promise<string> {
  const { passPort } = (await (await fetch(`${address}/api/session`)).json()) as { passPort: number };
  const answer = await fetch(`http://127.0.0.1:${passPort}/`, { redirect: 'manual' });
  return answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
}

const agent = new Agent({ keepAlive: true });

/** Sends requests like a browser, on an open connection. @returns milliseconds, and bytes as they arrived */
function ask(url: string): Promise<{ ms: number; bytes: number }> {
  const start = performance.now();
  return new Promise((resolve, reject) => {
    get(url, { agent, headers: { 'accept-encoding': 'br', cookie: pass } }, (response) => {
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
      });
      response.on('end', () => {
        if (response.statusCode !== 200) reject(new Error(`${url} answered ${response.statusCode}`));
        else resolve({ ms: performance.now() - start, bytes });
      });
      response.on('error', reject);
    }).on('error', reject);
  });
}

async function measurePages(address: string, pool: Pool, log: BenchContext['log']): Promise<BenchRow> {
  const { rows } = await pool.query<{ id: number; at: Date }>(
    'select id, captured_at as at from image order by captured_at desc offset 50000 limit 1',
  );
  const middle = rows[0] as (typeof rows)[number];
  const monthAgo = new Date(lastDay.getTime() - 29 * 86_400_000).toISOString().slice(0, 10);
  const today = lastDay.toISOString().slice(0, 10);
  const paths = [
    'today',
    'rooms',
    'jobs',
    'runs?limit=50',
    'runs?limit=50&status=failed',
    'failed?limit=200',
    'alerts?open=true',
    'audit?limit=100',
    'quarantine?limit=500',
    'images?limit=200',
    `images?limit=200&after=${middle.at.getTime()}-${middle.id}`,
    'images?limit=200&room=603',
    'images?limit=200&state=missing',
    'images?limit=200&state=quarantined',
    'images?limit=200&growthDay=12&minQuality=50',
    `images/${middle.id}`,
    `coverage?from=${monthAgo}&to=${today}`,
    `rooms/601/series?from=${new Date(lastDay.getTime() - 3 * 86_400_000).toISOString()}&to=${lastDay.toISOString()}&buckets=900`,
    `rooms/601/changes?from=${month.from.toISOString()}&to=${month.to.toISOString()}`,
    `rooms/601/stats?from=${monthAgo}&to=${today}`,
  ];
  const times = new Map<string, number[]>(paths.map((path) => [path, []]));
  for (let round = -2; round < rounds; round++) {
    for (const path of paths) {
      const { ms } = await ask(`${address}/api/${path}`);
      if (round >= 0) times.get(path)?.push(ms);
    }
  }
  const slowest = paths
    .map((path) => ({ path, p95: p95(times.get(path) as number[]) }))
    .sort((a, b) => b.p95 - a.p95);
  for (const { path, p95 } of slowest) log(`p95 ${p95.toFixed(1)} ms  /api/${path}`);
  const [worst] = slowest as [(typeof slowest)[number]];
  return {
    id: 'API',
    case: 'p95 of the slowest',
    note: `/api/${worst.path.split('?')[0]}`,
    unit: 'ms',
    ours: worst.p95,
    naive: null,
    limit: maxMs,
    vsNaive: null,
    vsLimit: maxMs / worst.p95,
    n: rounds * paths.length,
  };
}

const p95 = (values: number[]) =>
  values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.95) - 1] as number;

async function measureMonth(address: string, pool: Pool, log: BenchContext['log']): Promise<BenchRow[]> {
  const span = `from=${month.from.toISOString()}&to=${month.to.toISOString()}`;
  const drawn = `${address}/api/rooms/601/series?${span}&buckets=900&images=24`;
  const seen: { ours: Answer; naive: Answer }[] = [];
  for (let round = -1; round < 15; round++) {
    const ours = await ask(drawn);
    const naive = await everyReading(pool);
    if (round >= 0) seen.push({ ours, naive });
  }
  const middle = (of: (each: (typeof seen)[number]) => number) => median(seen.map(of));
  const ms = { ours: middle(({ ours }) => ours.ms), naive: middle(({ naive }) => naive.ms) };
  const kb = {
    ours: middle(({ ours }) => ours.bytes) / 1_000,
    naive: middle(({ naive }) => naive.bytes) / 1_000,
  };
  log(`a month: ${ms.ours.toFixed(0)} ms and ${kb.ours.toFixed(0)} KB; all of it ${ms.naive.toFixed(0)} ms`);
  const row = { id: 'API', n: seen.length };
  return [
    {
      ...row,
      case: 'a month of a room',
      unit: 'ms',
      ...ms,
      limit: maxMonthMs,
      vsNaive: ms.naive / ms.ours,
      vsLimit: maxMonthMs / ms.ours,
    },
    {
      ...row,
      case: 'a month of a room, over the wire',
      unit: 'KB',
      ...kb,
      limit: maxMonthKb,
      vsNaive: kb.naive / kb.ours,
      vsLimit: maxMonthKb / kb.ours,
    },
  ];
}

type Answer = Awaited<ReturnType<typeof ask>>;
const compress = promisify(brotliCompress);

/** The naive way: every reading for the browser, compressed like ours. It is not even sent. */
async function everyReading(pool: Pool): Promise<Answer> {
  const start = performance.now();
  const { rows } = await pool.query(
    `select point.point, ts, value from point join reading on point_id = point.id
     where room = '601' and ts >= $1 and ts < $2 order by 1, 2`,
    [month.from, month.to],
  );
  const body = await compress(JSON.stringify(rows), { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } });
  return { ms: performance.now() - start, bytes: body.length };
}
