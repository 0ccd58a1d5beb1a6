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
import { type Stage, seeded } from './scenario.ts';

interface Hall extends Pick<Stage, 'random' | 'full' | 'say' | 'onEnd' | 'home'> {}

/** What a scenario plays on: a database, a prefix and a folder of its own on the given servers. */
export async function openStage(
  hall: Hall,
  servers: { databaseUrl: string; redisUrl: string },
): Promise<Stage> {
  const name = `chaos_${randomBytes(5).toString('hex')}`;
  const admin = createPool(servers.databaseUrl, { name: 'chaos', max: 1 });
  await admin.query(`create database ${name}`);
  const databaseUrl = Object.assign(new URL(servers.databaseUrl), { pathname: `/${name}` }).href;
  const pool = createPool(databaseUrl, { name: 'chaos', max: 4 });
  const prefix = `{${name}}`;
  const { redisUrl } = servers;
  const settings = {
    REDIS_URL: redisUrl,
    REDIS_PREFIX: prefix,
    REDIS_CONNECT_TIMEOUT: 5_000,
    REDIS_COMMAND_TIMEOUT: 5_000,
  };
  const connection = connect(settings, () => {});
  const queues = createQueues(connection);
  const folder = await mkdtemp(join(tmpdir(), 'mycelium-chaos-'));
  hall.onEnd(async () => {
    await pool.end();
    await queues.close().catch(() => {});
    await admin.query(`drop database if exists ${name} with (force)`).catch(() => {});
    await admin.end();
    await removeKeys(redisUrl, prefix).catch(() => {});
    await rm(folder, { recursive: true, force: true });
  });
  await migrate(pool);
  return { ...hall, databaseUrl, redisUrl, prefix, pool, connection, queues, folder };
}

/** Opens the hall a scenario runs in; `close` undoes everything in reverse. */
export function openHall({ seed, full, say }: { seed: number; full: boolean; say: (line: string) => void }) {
  const releases: (() => unknown)[] = [];
  const onEnd = (release: () => unknown) => releases.push(release);
  const home = async () => {
    const path = await createTestHome(readConfig().MYCELIUM_HOME);
    onEnd(() => discardHome(path));
    return path;
  };
  return {
    hall: { random: seeded(seed), full, say, onEnd, home },
    async close() {
      for (const release of releases.reverse()) await release();
    },
  };
}
