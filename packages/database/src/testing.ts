import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { readConfig, requireSettings } from '@mycelium/config';
import { deviceTypeOf, pointKey } from '@mycelium/farm';
import { takeLease } from './ledger/lease.ts';
import { migrate } from './migrate.ts';
import { createPool, type Pool } from './pool.ts';
import { ensurePoints } from './readings/points.ts';
import { copyReadings } from './readings/readings.ts';
import { type Settling, settleReadings } from './readings/settle.ts';

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

/** Applies the migrations before a number to a database that was created without them, to test an upgrade. */
export async function migrateBefore(pool: Pool, number: string): Promise<void> {
  const folder = new URL('../migrations/', import.meta.url);
  await pool.query('create table migration (name text primary key, hash text not null)');
  for (const name of (await readdir(folder)).filter((name) => name < number).sort()) {
    const sql = await readFile(new URL(name, folder), 'utf8');
    await pool.query(sql);
    const hash = createHash('sha256').update(sql).digest('hex');
    await pool.query('insert into migration values ($1, $2)', [name, hash]);
  }
}

/** Writes the values of one point, each with its time. */
export async function addReadings(
  pool: Pool,
  name: { room: string; device: string; point: string },
  values: Iterable<readonly [time: Date | number, value: number]>,
): Promise<void> {
  const ids = await ensurePoints(pool, [{ ...name, deviceType: deviceTypeOf(name.device, name.room) }]);
  const pointId = ids.get(pointKey(name)) as number;
  await copyReadings(
    pool,
    Array.from(values, ([time, value]) => ({ pointId, ts: new Date(time), value })),
  );
}

/** Settles the readings of the UTC days before one, as the job does. */
export async function settleBefore(
  pool: Pool,
  before = '2030-01-01',
  rowsAtOnce?: number,
): Promise<Settling> {
  const lease = await takeLease(pool, `settle ${randomBytes(6).toString('hex')}`, 'test', 60);
  if (!lease) throw new Error('no lease');
  return settleReadings({ pool, lease, before, ...(rowsAtOnce && { rowsAtOnce }) });
}
