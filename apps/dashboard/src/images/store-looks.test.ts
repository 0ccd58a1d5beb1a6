import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createTestDatabase } from '@mycelium/database/testing';
import { addDays, formatImageKey } from '@mycelium/farm';
import { directoryStore, type ObjectStore } from '@mycelium/storage';
import { createLogger } from '@mycelium/telemetry';
import { createStoreLooks } from './store-looks.ts';

const timeZone = 'Asia/Shanghai';
const now = new Date('2026-03-10T04:30:00Z');
const logger = createLogger({ service: 'dashboard test', level: 'error', format: 'json' });
const today = { from: '2026-03-10', to: '2026-03-10' };
const keyAt = (capturedAt: Date) =>
  formatImageKey({ room: '7', capturedAt, batchInDate: '2026-03-01', camera: '1921681235' }, { timeZone });

test('images of today are recorded before the nightly run, under the room’s real name', async (t) => {
  const pool = await createTestDatabase(t);
  const folder = await mkdtemp(join(tmpdir(), 'mycelium-today-'));
  t.after(() => rm(folder, { recursive: true }));
  const store = directoryStore(folder);
  const key = keyAt(new Date('2026-03-10T04:20:00Z'));
  await store.write(key, Buffer.from('an image'));
  await store.write('7/20260310/notes.jpg', Buffer.from('not an image key'));
  await store.write(keyAt(new Date('2026-03-09T04:20:00Z')), Buffer.from('yesterday'));

  const aliases = { 7: '607' };
  const look = createStoreLooks({ pool, store, timeZone, aliases, clock: () => now, logger });
  assert.deepEqual(await look(today), now);
  const { rows } = await pool.query(`select array_agg(room || ' ' || key) as rooms from image`);
  assert.deepEqual(rows[0].rooms, [`607 ${key}`]);
});

test('many views share one look, and a failing store leaves the page as it is', async (t) => {
  const pool = await createTestDatabase(t);
  let asked = 0;
  const topFolders = async () => {
    asked++;
    throw new Error('no answer');
  };
  const store = { topFolders } as unknown as ObjectStore;
  const look = createStoreLooks({ pool, store, timeZone, aliases: {}, clock: () => now, logger });
  await Promise.all(Array.from({ length: 20 }, () => look(today)));
  assert.equal(await look(today), null);
  assert.equal(asked, 1);
});

/** A store whose listings wait until they are released. */
function slowStore() {
  const waiting: (() => void)[] = [];
  let atOnce = 0;
  let most = 0;
  const topFolders = async () => {
    most = Math.max(most, ++atOnce);
    await new Promise<void>((resolve) => waiting.push(resolve));
    atOnce--;
    return [];
  };
  return {
    store: { topFolders } as unknown as ObjectStore,
    most: () => most,
    started: () => waiting.length,
    release: () => waiting.splice(0).forEach((resolve) => void resolve()),
  };
}

test('viewers of many ranges share few listings, and none waits long for the store', async (t) => {
  const pool = await createTestDatabase(t);
  const { store, most, started, release } = slowStore();
  t.after(release);
  const look = createStoreLooks({ pool, store, timeZone, aliases: {}, clock: () => now, logger });
  const startedAt = Date.now();
  const ranges = Array.from({ length: 40 }, (_, n) => ({
    from: addDays(today.from, -100 - n),
    to: today.to,
  }));
  assert.ok((await Promise.all(ranges.map(look))).every((lookedAt) => lookedAt === null));
  assert.ok(Date.now() - startedAt < 5_000, `${Date.now() - startedAt} ms`);
  assert.ok(most() <= 2, `${most()} listings at once`);
  assert.ok(started() <= 2);
});
