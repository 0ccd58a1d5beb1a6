import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { copyReadings, ensurePoints, type Pool } from '@mycelium/database';
import { createTestDatabase } from '@mycelium/database/testing';
import { pointKey } from '@mycelium/farm';
import { directoryStore } from '@mycelium/storage';
import { continueDemo, noteDemo } from './live-demo.ts';

const grownAt = new Date('2026-03-10T03:50:00Z');
const after = (minutes: number) => new Date(grownAt.getTime() + minutes * 60_000);

async function openDemo(t: TestContext) {
  const home = await mkdtemp(join(tmpdir(), 'mycelium-live-demo-'));
  t.after(() => rm(home, { recursive: true }));
  const pool = await createTestDatabase(t);
  const store = directoryStore(join(home, 'images'));
  await store.ensureBucket();
  return { home, pool, store, timeZone: 'Asia/Shanghai', signal: t.signal };
}

async function contents({ pool, store }: Awaited<ReturnType<typeof openDemo>>) {
  const { rows: readings } = await pool.query(
    `select room, device, point, ts, value from reading join point on point.id = point_id order by 1, 2, 3, 4`,
  );
  const images: string[] = [];
  for await (const { key } of store.list('')) images.push(key);
  return { readings, images };
}

const addReading = async (pool: Pool, room: string, ts: Date) => {
  const point = { room, deviceType: 'mushroom_env_status', device: 'sensor', point: 'co2' };
  const ids = await ensurePoints(pool, [point]);
  await copyReadings(pool, [{ pointId: ids.get(pointKey(point)) as number, ts, value: 800 }]);
};

test('a demo farm has the same data whether it grows in steps or at once, with hourly pictures', async (t) => {
  const [inSteps, atOnce] = await Promise.all([openDemo(t), openDemo(t)]);
  await noteDemo(inSteps.home, grownAt, grownAt);
  await noteDemo(atOnce.home, grownAt, grownAt);
  for (const minutes of [1, 2, 2.5, 11, 15]) assert.ok(await continueDemo(inSteps, after(minutes)));
  assert.ok(await continueDemo(atOnce, after(15)));
  const all = await contents(atOnce);
  assert.deepEqual(await contents(inSteps), all);
  assert.equal(all.images.length, 4);
  const times = all.readings.map(({ ts }) => ts.getTime());
  assert.equal(Math.min(...times), grownAt.getTime());
  assert.equal(Math.max(...times), after(14).getTime());
});

test('a real farm and a demo farm with other readings get no demo data', async (t) => {
  const farm = await openDemo(t);
  assert.equal(await continueDemo(farm, after(5)), false);
  await noteDemo(farm.home, grownAt, grownAt);
  await addReading(farm.pool, '607', after(2));
  assert.equal(await continueDemo(farm, after(5)), false);
  await farm.pool.query('delete from reading');
  assert.equal(await continueDemo(farm, after(5)), true);
  await addReading(farm.pool, 'north', after(-600));
  assert.equal(await continueDemo(farm, after(6)), false);
});
