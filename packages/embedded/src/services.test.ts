import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, before, test } from 'node:test';
import { readConfig } from '@mycelium/config';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { writeHomeEnv } from './home-env.ts';
import { processIdentity } from './process-identity.ts';
import { ProcessFailed } from './processes.ts';
import { discardHome, type ServiceOptions, startServices } from './services.ts';
import { createTestHome } from './testing/test-home.ts';

let home: string;

before(async () => {
  home = await createTestHome(readConfig().MYCELIUM_HOME);
  await (await start({ durable: false })).stop(); // creates the data folder without waiting for the disk
});
after(() => discardHome(home));

async function start(options: Partial<ServiceOptions> = {}) {
  const services = await startServices({ home, redis: true, postgres: true, ...options });
  const { redisUrl = '', databaseUrl = '' } = services;
  return { ...services, redisUrl, databaseUrl };
}

/** Starts a process that starts the services, prints their addresses and runs until it is killed. */
async function startElsewhere() {
  const program = `
    import { startServices } from ${JSON.stringify(new URL('./services.ts', import.meta.url).href)};
    const services = await startServices(${JSON.stringify({ home, redis: true, postgres: true })});
    console.log(JSON.stringify(services));
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(child.stdout, 'data');
  const kill = async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  return { ...(JSON.parse(line) as { redisUrl: string; databaseUrl: string }), pid: child.pid, kill };
}

async function query(url: string, text: string): Promise<Record<string, unknown>[]> {
  const client = new Client(url);
  await client.connect();
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}

async function redis<Result>(url: string, ask: (client: Redis) => Promise<Result>): Promise<Result> {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
  client.on('error', () => {});
  try {
    await client.connect();
    return await ask(client);
  } finally {
    client.disconnect();
  }
}

const serverPids = async () => {
  const files = ['redis/redis.pid', 'postgres/data/postmaster.pid'].map((file) =>
    readFile(join(home, file), 'utf8'),
  );
  return (await Promise.all(files)).map((text) => Number.parseInt(text, 10));
};

async function gone(pids: number[]): Promise<void> {
  for (const pid of pids)
    while (await processIdentity(pid)) await new Promise((resolve) => setTimeout(resolve, 20));
}

test('both servers are configured as the jobs require, and refuse clients without the password', async () => {
  const services = await start();
  try {
    const [server] = await query(
      services.databaseUrl,
      `select current_setting('server_encoding') as encoding, current_setting('listen_addresses') as host,
              current_setting('fsync') as fsync, rolsuper, current_database() as database,
              now() at time zone 'Asia/Shanghai' is not null as zones
       from pg_roles where rolname = current_user`,
    );
    assert.deepEqual(server, {
      encoding: 'UTF8',
      host: '127.0.0.1',
      fsync: 'on',
      rolsuper: true,
      database: 'mycelium',
      zones: true,
    });
    await query(services.databaseUrl, 'create extension vector');
    const [{ distance } = {}] = await query(
      services.databaseUrl,
      `select '[1,0]'::vector <=> '[0,1]' as distance`,
    );
    assert.equal(distance, 1);

    const settings = await redis(services.redisUrl, (client) =>
      client.config('GET', 'maxmemory-policy', 'appendonly', 'appendfsync', 'bind'),
    );
    assert.deepEqual(Object.fromEntries(pairs(settings as string[])), {
      'maxmemory-policy': 'noeviction',
      appendonly: 'yes',
      appendfsync: 'everysec',
      bind: '127.0.0.1',
    });

    const wrong = (url: string) => Object.assign(new URL(url), { password: 'wrong' }).href;
    await assert.rejects(query(wrong(services.databaseUrl), 'select 1'), /password authentication failed/);
    await assert.rejects(redis(wrong(services.redisUrl), (client) => client.ping()));
    const open = Object.assign(new URL(services.redisUrl), { password: '' }).href;
    await assert.rejects(redis(open, (client) => client.ping()));
  } finally {
    await services.stop();
  }
});

function pairs(flat: string[]): [string, string][] {
  return flat.flatMap((key, index) => (index % 2 ? [] : [[key, flat[index + 1] ?? '']]));
}

test('data and addresses survive a restart', async () => {
  const first = await start();
  await query(first.databaseUrl, 'create table room (name text)');
  await query(first.databaseUrl, `insert into room values ('611')`);
  await redis(first.redisUrl, (client) => client.set('room', '611'));
  await first.stop();

  const second = await start();
  try {
    assert.deepEqual([second.databaseUrl, second.redisUrl], [first.databaseUrl, first.redisUrl]);
    assert.deepEqual(await query(second.databaseUrl, 'select name from room'), [{ name: '611' }]);
    assert.equal(await redis(second.redisUrl, (client) => client.get('room')), '611');
  } finally {
    await second.stop();
  }
});

test('a second start on the same home is refused, and the error names the process that uses it', async () => {
  const services = await start();
  try {
    await assert.rejects(start(), {
      code: 'HOME_IN_USE',
      message: new RegExp(`process ${process.pid}.*Stop that one first`),
    });
    await query(services.databaseUrl, 'select 1'); // the first is not disturbed
  } finally {
    await services.stop();
  }
});

test('the servers end when their parent is killed with -9, and the next start finds the data', async () => {
  const killed = await startElsewhere();
  await assert.rejects(start(), { code: 'HOME_IN_USE' });
  await query(killed.databaseUrl, 'create table kept as select 42 as answer');
  const pids = await serverPids();
  await killed.kill();
  await gone(pids);

  const services = await start();
  try {
    assert.deepEqual(await query(services.databaseUrl, 'select answer from kept'), [{ answer: 42 }]);
  } finally {
    await services.stop();
  }
});

test('everything killed with -9 at once, in the middle of a query, blocks nothing', async () => {
  const killed = await startElsewhere();
  const running = new Client(killed.databaseUrl);
  running.on('error', () => {});
  await running.connect();
  const endless = running
    .query(`select count(*) from generate_series(1, 1e12::bigint)`)
    .catch(() => 'cut off');
  for (const pid of await serverPids()) process.kill(pid, 'SIGKILL');
  await killed.kill();

  const services = await start();
  try {
    assert.equal(await endless, 'cut off');
    await query(services.databaseUrl, 'select answer from kept');
    assert.equal(await redis(services.redisUrl, (client) => client.get('room')), '611');
  } finally {
    await services.stop();
  }
});

test('a server that crashes is reported with the last lines of its log', async () => {
  const reported = Promise.withResolvers<ProcessFailed>();
  const services = await start({ postgres: false, onUnexpectedExit: reported.resolve });
  try {
    await redis(services.redisUrl, (client) => client.call('SHUTDOWN', 'NOSAVE').catch(() => {}));
    const failure = await reported.promise;
    assert.ok(failure instanceof ProcessFailed);
    assert.match(
      failure.message,
      /^Redis ended with exit code 0\..*redis\.log:\n.*Redis is now ready to exit/s,
    );
  } finally {
    await services.stop();
  }
});

test('an aborted start leaves the home free', async () => {
  await assert.rejects(start({ signal: AbortSignal.abort() }), { name: 'AbortError' });
  await (await start({ postgres: false })).stop();
});

test('without any servers, the message suggests alternatives', async () => {
  const program = `
    import { startServices } from ${JSON.stringify(new URL('./services.ts', import.meta.url).href)};
    await startServices(${JSON.stringify({ home: join(home, 'bare'), redis: true, postgres: false })});`;
  const bare = { PATH: '/nowhere' }; // no redis-server, and no apt-get either
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program], {
    env: bare,
    stdio: 'pipe',
  });
  const [printed] = await Promise.all([text(child.stderr), once(child, 'exit')]);
  assert.match(
    printed,
    /Error: This machine has no Redis 7 or newer.*`docker compose up`.*REDIS_URL and DATABASE_URL/,
  );
});

test('only the owner can read the env file, and it is removed with the servers', async () => {
  const services = await start({ postgres: false });
  const file = join(home, 'env');
  try {
    await writeHomeEnv(home, { REDIS_URL: services.redisUrl, DASHBOARD_PORT: '8080' });
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    assert.equal(await readFile(file, 'utf8'), `REDIS_URL=${services.redisUrl}\nDASHBOARD_PORT=8080\n`);
    await assert.rejects(writeHomeEnv(home, { REDIS_URL: 'a\nb' }), /line break/);
  } finally {
    await services.stop();
  }
  await assert.rejects(access(file));
});

test('servers that are killed run again on their ports, with their data', async () => {
  const printed: string[] = [];
  const services = await start({ onRestart: (sentence) => printed.push(sentence) });
  try {
    await query(services.databaseUrl, 'create table supervised as select 42 as n');
    await redis(services.redisUrl, (client) => client.set('supervised', '42'));
    await new Promise((resolve) => setTimeout(resolve, 1_200)); // Redis writes its file every second
    const killedAt = Date.now();
    for (const pid of await serverPids()) process.kill(pid, 'SIGKILL');
    const again = async (ask: () => Promise<unknown>) => {
      for (;;) {
        try {
          return await ask();
        } catch (error) {
          if (Date.now() - killedAt > 60_000) throw error;
          await new Promise((resolve) => setTimeout(resolve, 100));
        }
      }
    };
    const rows = await again(() => query(services.databaseUrl, 'select n from supervised'));
    assert.deepEqual(rows, [{ n: 42 }]);
    assert.equal(await again(() => redis(services.redisUrl, (client) => client.get('supervised'))), '42');
    while (printed.filter((sentence) => sentence.endsWith('runs again.')).length < 2)
      await new Promise((resolve) => setTimeout(resolve, 50));
    assert.match(printed.join('\n'), /PostgreSQL was ended by SIGKILL/);
    assert.match(printed.join('\n'), /Redis was ended by SIGKILL/);
  } finally {
    await query(services.databaseUrl, 'drop table if exists supervised');
    await services.stop();
  }
});
