import assert from 'node:assert/strict';
import { appendFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import type { Arrivals } from './arrivals.ts';
import { watchImageFolder } from './watch-image-folder.ts';

/** A watched folder, on 24 December. @returns what arrived, and how often its first delivery failed */
async function setup(t: TestContext, failures = 0) {
  const root = await mkdtemp(join(tmpdir(), 'mycelium-watch-'));
  const ending = new AbortController();
  t.after(async () => {
    ending.abort();
    await rm(root, { recursive: true });
  });
  const arrived: string[] = [];
  const troubles: unknown[] = [];
  const add: Arrivals['add'] = async (keys) => {
    if (troubles.length < failures) throw new Error('the database is down');
    arrived.push(...keys);
    return { recorded: keys.length, gone: 0, unreadable: [], ignored: 0 };
  };
  const start = () =>
    watchImageFolder(root, {
      arrivals: { add, close: async () => {} },
      timeZone: 'UTC',
      days: 7,
      clock: () => new Date('2025-12-24T12:00:00Z'),
      onTrouble: (error) => troubles.push(error),
      againMillis: 100,
      settleMillis: 300,
      signal: ending.signal,
    });
  const until = async (n: number) => {
    for (let tries = 0; tries < 100 && arrived.length < n; tries++) await wait(50);
    return arrived.toSorted();
  };
  return { root, arrived, troubles, start, until };
}

test('files arrive from rooms and days that exist and from new ones, but not from old days', async (t) => {
  const { root, start, until } = await setup(t);
  for (const folder of ['611/20251224', '611/20251201']) await mkdir(join(root, folder), { recursive: true });
  await writeFile(join(root, '611/20251224/before.jpg'), 'x');
  start();
  await wait(200);
  await writeFile(join(root, '611/20251224/a.jpg'), 'x');
  await writeFile(join(root, '611/20251201/old.jpg'), 'x');
  await mkdir(join(root, '612/20251224'), { recursive: true });
  await writeFile(join(root, '612/20251224/b.jpg'), 'x');
  await writeFile(join(root, '611/20251224/.mycelium-1.tmp'), 'x');
  await rename(join(root, '611/20251224/.mycelium-1.tmp'), join(root, '611/20251224/c.jpg'));
  const expected = ['611/20251224/a.jpg', '611/20251224/c.jpg', '612/20251224/b.jpg'];
  assert.deepEqual(await until(3), expected);
  await wait(600);
  assert.deepEqual(await until(3), expected, 'each once');
});

test('a file that is still being written arrives when it is complete', async (t) => {
  const { root, arrived, start, until } = await setup(t);
  await mkdir(join(root, '611/20251224'), { recursive: true });
  start();
  await wait(200);
  for (let n = 0; n < 6; n++) {
    await appendFile(join(root, '611/20251224/a.jpg'), 'x'.repeat(100));
    await wait(150);
    assert.deepEqual(arrived, []);
  }
  assert.deepEqual(await until(1), ['611/20251224/a.jpg']);
});

test('a delivery that fails is repeated', async (t) => {
  const { root, troubles, start, until } = await setup(t, 2);
  await mkdir(join(root, '611/20251224'), { recursive: true });
  start();
  await wait(200);
  await writeFile(join(root, '611/20251224/a.jpg'), 'x');
  assert.deepEqual(await until(1), ['611/20251224/a.jpg']);
  assert.equal(troubles.length, 2);
});
