import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { createPool, ensurePartitions, migrate, type Pool } from '@mycelium/database';
import { type Bench, type BenchContext, type BenchRow, createDatabase, time } from './bench.ts';

const total = 1_000_000;
const points = 1_000;
const start = Date.UTC(2026, 2, 3);
const clients = 4;
const token = 'a token of the benchmark';
const path = (file: string) => new URL(file, import.meta.url).pathname;

/**
 * Imports a million readings from a file with the command, and from four clients at once over HTTP. One client is
 * killed and sends everything again; afterwards there are exactly a million. The naive way is one INSERT per reading,
 * the limit an `insert … select` inside the server.
 */
export const bench: Bench = { name: 'readings', ids: ['READINGS'], run };

async function run({ databaseUrl: server, redisUrl, workDir, log }: BenchContext): Promise<BenchRow[]> {
  const databaseUrl = await createDatabase(server, 'bench_readings');
  const pool = createPool(databaseUrl, { name: 'bench', max: 2 });
  const env = {
    MYCELIUM_HOME: workDir,
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    REDIS_PREFIX: `{bench-readings-${process.pid}}`,
    TZ: 'UTC',
    IMAGE_DIR: workDir,
    INGEST_TOKEN: token,
    DASHBOARD_PORT: '17311',
    LOG_LEVEL: 'error',
    LOG_FORMAT: 'json',
  };
  try {
    await migrate(pool);
    await ensurePartitions(pool, [new Date(start)]);
    const limit = total / (await time(() => insertInServer(pool)));
    const naive = await rateOfInserts(pool);
    await pool.query('truncate reading');

    const file = join(workDir, 'readings.csv');
    await writeFile(file);
    const copied = await time(async () => {
      const imported = spawn(
        process.execPath,
        [path('../apps/cli/src/main.ts'), 'import', 'readings', file],
        {
          env,
          stdio: ['ignore', 'ignore', 'inherit'],
        },
      );
      const [code] = await once(imported, 'exit');
      if (code !== 0) throw new Error(`the import ended with ${code}`);
    });
    await expectAll(pool);
    log(`imported in ${copied.toFixed(1)} s, the command's own start included`);
    await pool.query('truncate reading');
    const posted = await time(() => postAll(env, log));
    await expectAll(pool);
    const row = { id: 'READINGS', unit: 'readings/s', naive, limit, n: total };
    const rate = (seconds: number) => ({
      ours: total / seconds,
      vsNaive: total / seconds / naive,
      vsLimit: total / seconds / limit,
    });
    return [
      { ...row, case: 'from a file', ...rate(copied) },
      { ...row, case: 'by 4 clients, one killed and repeating', ...rate(posted) },
    ];
  } finally {
    await pool.end();
  }
}

async function insertInServer(pool: Pool): Promise<void> {
  await pool.query(`
    set mycelium.marks_late = 'yes';
    insert into reading select n % ${points}, to_timestamp(${start / 1_000}) + n / ${points} * interval '1 minute', n % 97
      from generate_series(0, ${total - 1}) n;
    reset mycelium.marks_late`);
}

async function rateOfInserts(pool: Pool): Promise<number> {
  const count = 2_000;
  const seconds = await time(async () => {
    for (let n = 0; n < count; n++) {
      await pool.query('insert into reading values ($1, $2, $3) on conflict do nothing', [
        points + n,
        new Date(start),
        n,
      ]);
    }
  });
  return count / seconds;
}

async function writeFile(file: string): Promise<void> {
  const stream = createWriteStream(file);
  stream.write('time,room,device,point,value\n');
  for (let minute = 0; minute < total / points; minute++) {
    const at = new Date(start + minute * 60_000).toISOString();
    const lines = Array.from(
      { length: points },
      (_, n) => `${at},bench,sensor_bench,p${n},${(minute * points + n) % 97}\n`,
    );
    if (!stream.write(lines.join(''))) await once(stream, 'drain');
  }
  stream.end();
  await finished(stream);
}

async function postAll(env: Record<string, string>, log: BenchContext['log']): Promise<void> {
  const dashboard = spawn(process.execPath, [path('../apps/dashboard/src/main.ts')], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const origin = `http://127.0.0.1:${env.DASHBOARD_PORT}`;
  while (!(await fetch(`${origin}/livez`).catch(() => undefined))) {
    if (dashboard.exitCode !== null) throw new Error('the dashboard did not start');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const send = (client: number) =>
    spawn(
      process.execPath,
      [
        path('readings/sender.ts'),
        `${origin}/api/readings`,
        token,
        String(client),
        String(clients),
        String(total),
      ],
      { stdio: ['ignore', 'ignore', 'inherit'] },
    );
  try {
    const senders = Array.from({ length: clients }, (_, client) => send(client));
    const killed = senders[0];
    setTimeout(() => killed?.kill('SIGKILL'), 3_000);
    await Promise.all(
      senders.map(async (sender) => {
        const [code] = await once(sender, 'exit');
        if (code !== 0 && sender !== killed) throw new Error(`a sender ended with ${code}`);
      }),
    );
    log(`one of ${clients} senders was killed; it starts again`);
    await once(send(0), 'exit');
  } finally {
    dashboard.kill('SIGTERM');
    await once(dashboard, 'exit');
  }
}

async function expectAll(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ count: number }>('select count(*) from reading');
  if (Number(rows[0]?.count) !== total) throw new Error(`${rows[0]?.count} readings, not ${total}`);
}
