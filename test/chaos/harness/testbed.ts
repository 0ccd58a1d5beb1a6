import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '@mycelium/config';
import { createPool, migrate } from '@mycelium/database';
import { discardHome } from '@mycelium/embedded';
import { createTestHome } from '@mycelium/embedded/testing';
import { connect, createQueues } from '@mycelium/queue';
import { removeKeys } from '@mycelium/queue/testing';
import { countRefusedWrites } from './refused-writes.ts';
import { seeded, type Testbed } from './scenario.ts';

type Shared = Pick<Testbed, 'random' | 'full' | 'log' | 'onEnd' | 'home' | 'refusedWrites'>;

/** Creates a database, a Redis prefix and a folder for one scenario on the given servers. */
export async function openTestbed(
  { random, full, log, onEnd, home, refusedWrites }: Shared,
  { databaseUrl: serverUrl, redisUrl }: { databaseUrl: string; redisUrl: string },
): Promise<Testbed> {
  const name = `chaos_${randomBytes(5).toString('hex')}`;
  const admin = createPool(serverUrl, { name: 'chaos', max: 1 });
  await admin.query(`create database ${name}`);
  const databaseUrl = Object.assign(new URL(serverUrl), { pathname: `/${name}` }).href;
  const pool = createPool(databaseUrl, { name: 'chaos', max: 4 });
  const prefix = `{${name}}`;
  const settings = {
    REDIS_URL: redisUrl,
    REDIS_PREFIX: prefix,
    REDIS_CONNECT_TIMEOUT: 5_000,
    REDIS_COMMAND_TIMEOUT: 5_000,
  };
  const connection = connect(settings, () => {});
  const queues = createQueues(connection);
  const folder = await mkdtemp(join(tmpdir(), 'mycelium-chaos-'));
  onEnd(async () => {
    await pool.end();
    await queues.close().catch(() => {});
    await admin.query(`drop database if exists ${name} with (force)`).catch(() => {});
    await admin.end();
    await removeKeys(redisUrl, prefix).catch(() => {});
    await rm(folder, { recursive: true, force: true });
  });
  await migrate(pool);
  return {
    ...{ random, full, log, onEnd, home, refusedWrites },
    ...{ databaseUrl, redisUrl, prefix, pool, connection, queues, folder },
    store: { IMAGE_DIR: join(folder, 'images') },
  };
}

/** What all testbeds of a scenario share; `close` undoes everything in reverse. */
export function openShared({
  seed,
  full,
  log,
}: {
  seed: number;
  full: boolean;
  log: (line: string) => void;
}) {
  const releases: (() => unknown)[] = [];
  const onEnd = (release: () => unknown) => releases.push(release);
  const home = async () => {
    const path = await createTestHome(readConfig().MYCELIUM_HOME);
    onEnd(() => discardHome(path));
    return path;
  };
  const shared: Shared = {
    random: seeded(seed),
    full,
    log,
    onEnd,
    home,
    refusedWrites: countRefusedWrites(onEnd),
  };
  return {
    shared,
    async close() {
      for (const release of releases.reverse()) await release();
    },
  };
}
