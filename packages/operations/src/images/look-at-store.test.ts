import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestDatabase } from '@mycelium/database/testing';
import { formatImageKey } from '@mycelium/farm';
import type { ListOptions, ObjectStore, StoredObject } from '@mycelium/storage';
import { lookAtStore } from './look-at-store.ts';

const rules = { timeZone: 'Asia/Shanghai', aliases: { 7: '607' } };

const keyAt = (room: string, day: string, hour: number) =>
  formatImageKey(
    {
      room,
      capturedAt: new Date(`${day}T${String(hour).padStart(2, '0')}:00:00+08:00`),
      batchInDate: '2026-05-01',
      camera: '1',
    },
    rules,
  );

/** An in-memory store that counts how many objects each listing returns. */
function memoryStore(keys: string[]) {
  const etags = new Map(keys.map((key) => [key, '1']));
  const listings: { prefix: string; handedOut: number }[] = [];
  const store = {
    topFolders: async () => [...new Set([...etags.keys()].map((key) => key.split('/')[0]))].sort(),
    async *list(prefix: string, { after = '' }: ListOptions = {}): AsyncGenerator<StoredObject> {
      const listing = { prefix, handedOut: 0 };
      listings.push(listing);
      for (const key of [...etags.keys()].sort()) {
        if (!key.startsWith(prefix) || key <= after) continue;
        listing.handedOut++;
        yield { key, etag: etags.get(key) as string, size: 1, modifiedAt: new Date(0) };
      }
    },
  };
  return { store: store as unknown as ObjectStore, etags, listings };
}

test('lists each folder once, from the first day to the last, and records new and replaced images', async (t) => {
  const pool = await createTestDatabase(t);
  const days = ['2026-06-08', '2026-06-09', '2026-06-10', '2026-06-11', '2026-06-12'];
  const keys = days.flatMap((day) => [keyAt('611', day, 1), keyAt('611', day, 2), keyAt('7', day, 3)]);
  const { store, etags, listings } = memoryStore([...keys, '611/20260610/holiday.jpg', 'lost+found/x.jpg']);
  const look = () =>
    lookAtStore({ pool, store, ...rules }, { from: '2026-06-09', to: '2026-06-11', model: null });

  const recorded = async () => (await pool.query('select from image')).rowCount;
  const { unreadable, examples } = await look();
  assert.deepEqual([await recorded(), unreadable], [9, 1]);
  assert.equal(examples[0]?.key, '611/20260610/holiday.jpg');
  assert.deepEqual(
    listings.map(({ prefix, handedOut }) => `${prefix} ${handedOut}`).sort(),
    // The first object past the last day ends the listing.
    ['611/ 8', '7/ 4'],
  );
  const { rows } = await pool.query('select room, count(*) as n from image group by room order by room');
  assert.deepEqual(rows, [
    { room: '607', n: 3 },
    { room: '611', n: 6 },
  ]);

  const replaced = keyAt('611', '2026-06-10', 2);
  etags.set(replaced, '2');
  await look();
  const { rows: etag } = await pool.query('select etag from image where key = $1', [replaced]);
  assert.deepEqual(etag, [{ etag: '2' }]);
  await lookAtStore(
    { pool, store, ...rules },
    { from: '2026-06-08', to: '2026-06-12', model: null, rooms: ['607'] },
  );
  assert.equal(await recorded(), 11, 'the two other days of the chosen room');
});

test('an image that is gone is quarantined as missing, and released when it is listed again', async (t) => {
  const pool = await createTestDatabase(t);
  const [gone, left, other] = [1, 2, 3].map((hour) => keyAt('7', '2026-06-10', hour)) as [
    string,
    ...string[],
  ];
  const lone = keyAt('611', '2026-06-11', 4);
  const { store, etags } = memoryStore([gone, left as string, other as string, lone]);
  const range = { from: '2026-06-10', to: '2026-06-11', model: null };
  const look = () => lookAtStore({ pool, store, ...rules }, range);
  const quarantined = async () => (await pool.query('select key, reason, etag, bytes from quarantine')).rows;
  await look();
  etags.delete(gone);
  assert.deepEqual((await look()).emptyDays, []);
  const row = { key: gone, reason: 'missing', etag: '1', bytes: 1 };
  assert.deepEqual(await quarantined(), [row]);
  await look();
  const { rows: times } = await pool.query('select times from quarantine');
  assert.deepEqual(times, [{ times: 1 }], 'it is quarantined once');

  etags.clear();
  assert.deepEqual((await look()).emptyDays, ['2026-06-10', '2026-06-11']);
  assert.deepEqual(await quarantined(), [row], 'a store without any image of a day is not believed');
  etags.set(gone, '1');
  etags.set(lone, '1');
  assert.deepEqual((await look()).emptyDays, []);
  const keys = (await quarantined()).map(({ key }) => key);
  assert.deepEqual(keys.sort(), [left, other].sort());
});

test('nothing is quarantined when a listing fails halfway', async (t) => {
  const pool = await createTestDatabase(t);
  const keys = [1, 2, 3].map((hour) => keyAt('611', '2026-06-10', hour));
  const { store } = memoryStore(keys);
  const range = { from: '2026-06-10', to: '2026-06-10', model: null };
  await lookAtStore({ pool, store, ...rules }, range);
  async function* broken(...args: Parameters<ObjectStore['list']>) {
    for await (const object of store.list(...args)) {
      yield object;
      throw new Error('connection reset');
    }
  }
  await assert.rejects(lookAtStore({ pool, store: { ...store, list: broken }, ...rules }, range), /reset/);
  assert.equal((await pool.query('select from quarantine')).rowCount, 0);
});
