import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { readConfig, requireSettings } from '@mycelium/config';
import { migrate } from './migrate.ts';
import { createPool, type Pool } from './pool.ts';

interface TestContext {
  after(release: () => Promise<void>): void;
}

/** Creates a migrated database for one test on the server of DATABASE_URL. It is dropped when the test ends. */
export async function createTestDatabase(
  t: TestContext,
  { migrated = true } = {},
): Promise<Pool & { url: string }> {
  const server = new URL(requireSettings(readConfig(), 'DATABASE_URL').DATABASE_URL);
  const name = `test_${randomBytes(6).toString('hex')}`;
  const admin = createPool(server.href, { name: 'mycelium test', max: 1 });
  await admin.query(`create database ${name}`);

  const url = Object.assign(new URL(server), { pathname: `/${name}` }).href;
  const pool = Object.assign(createPool(url, { name: 'mycelium test' }), { url });
  t.after(async () => {
    await pool.end();
    await admin.query(`drop database ${name} with (force)`);
    await admin.end();
  });
  if (migrated) await migrate(pool);
  return pool;
}

/** Applies some migrations to a database that was created without them, to test an upgrade. */
export async function applyMigrations(pool: Pool, included: (name: string) => boolean): Promise<void> {
  const folder = new URL('../migrations/', import.meta.url);
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql') && included(name)).sort();
  for (const name of names) await pool.query(await readFile(new URL(name, folder), 'utf8'));
}
