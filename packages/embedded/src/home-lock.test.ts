import assert from 'node:assert/strict';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { lockHome } from './home-lock.ts';

async function newHome(t: TestContext): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'mycelium-lock-'));
  t.after(() => rm(home, { recursive: true }));
  return home;
}

test('a home is locked once, and free again when released', async (t) => {
  const home = await newHome(t);
  const unlock = await lockHome(home);
  await assert.rejects(lockHome(home), { code: 'HOME_IN_USE' });
  await unlock();
  await (await lockHome(home))();
  assert.deepEqual(await readdir(home), []);
});

test('the lock of a process that is gone, or whose pid was reused, is removed', async (t) => {
  const home = await newHome(t);
  await writeFile(join(home, 'lock.4194305.0123456789ab'), ''); // above the largest pid of Linux
  await writeFile(join(home, `lock.${process.ppid}.0123456789ab`), ''); // that process runs, but is another
  const unlock = await lockHome(home);
  assert.equal((await readdir(home)).length, 1);
  await unlock();
});
