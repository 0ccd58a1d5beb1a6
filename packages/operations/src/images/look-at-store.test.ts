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
  const look = () => lookAtStore({ pool, store, ...rules }, { from: '2026-06-09', to: '2026-06-11' });

  const first = await look();
  assert.deepEqual([first.images, first.recorded, first.unreadable], [9, 9, 1]);
  assert.equal(first.examples[0]?.key, '611/20260610/holiday.jpg');
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

  assert.equal((await look()).recorded, 0);
  etags.set(keyAt('611', '2026-06-10', 2), '2');
  assert.equal((await look()).recorded, 1);
  const rooms = await lookAtStore(
    { pool, store, ...rules },
    { from: '2026-06-08', to: '2026-06-12', rooms: ['607'] },
  );
  assert.deepEqual([rooms.images, rooms.recorded], [5, 2]);
});
