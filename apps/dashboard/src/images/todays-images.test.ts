import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createTestDatabase } from '@mycelium/database/testing';
import { formatImageKey } from '@mycelium/farm';
import { directoryStore, type ObjectStore } from '@mycelium/storage';
import { createLogger } from '@mycelium/telemetry';
import { createTodaysImages } from './todays-images.ts';

const timeZone = 'Asia/Shanghai';
const now = new Date('2026-03-10T04:30:00Z');
const logger = createLogger({ service: 'dashboard test', level: 'error', format: 'json' });
const capturedAt = new Date('2026-03-10T04:20:00Z');
const key = formatImageKey(
  { room: '7', capturedAt, batchInDate: '2026-03-01', camera: '1921681235' },
  { timeZone },
);

test('images of today are written down before the night, under the name their room goes by', async (t) => {
  const pool = await createTestDatabase(t);
  const folder = await mkdtemp(join(tmpdir(), 'mycelium-today-'));
  t.after(() => rm(folder, { recursive: true }));
  const store = directoryStore(folder);
  await store.write(key, Buffer.from('a picture'));
  await store.write('7/20260310/notes.jpg', Buffer.from('no image key'));
  const yesterdays = { room: '7', capturedAt: new Date('2026-03-09T04:20:00Z'), batchInDate: '2026-03-01' };
  await store.write(formatImageKey({ ...yesterdays, camera: '1' }, { timeZone }), Buffer.from('yesterday'));

  const aliases = { 7: '607' };
  const look = createTodaysImages({ pool, store, timeZone, aliases, clock: () => now, logger });
  await look();
  const { rooms } = (await pool.query(`select array_agg(room || ' ' || key) as rooms from image`)).rows[0];
  assert.deepEqual(rooms, [`607 ${key}`]);
});

test('many who look are one look into the store, and a store that does not answer hinders nobody', async (t) => {
  const pool = await createTestDatabase(t);
  let asked = 0;
  const topFolders = async () => {
    asked++;
    throw new Error('no answer');
  };
  const look = createTodaysImages({
    pool,
    store: { topFolders } as unknown as ObjectStore,
    timeZone,
    aliases: {},
    clock: () => now,
    logger,
  });
  await Promise.all(Array.from({ length: 20 }, look));
  await look();
  assert.equal(asked, 1);
});
