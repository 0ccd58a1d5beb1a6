import assert from 'node:assert/strict';
import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { fullDisk, fullestDisk, isLow } from './disk-space.ts';
import { readConfig } from './read-config.ts';

const gib = 1024 ** 3;

test('a disk is low below a tenth or 2 GiB, and an alert about it closes a little above', () => {
  assert.equal(isLow({ free: 9.9 * gib, size: 100 * gib }), true);
  assert.equal(isLow({ free: 10.1 * gib, size: 100 * gib }), false);
  assert.equal(isLow({ free: 10.1 * gib, size: 100 * gib }, true), true);
  assert.equal(isLow({ free: 12.1 * gib, size: 100 * gib }, true), false);
  assert.equal(isLow({ free: 1.9 * gib, size: 4 * gib }), true);
  assert.equal(isLow({ free: 2.5 * gib, size: 4 * gib }, true), false);
});

test('the space of a folder that does not exist yet is that of its parent’s disk', async () => {
  const { bsize, blocks } = await statfs(tmpdir());
  const config = readConfig({ MYCELIUM_HOME: `${tmpdir()}/not/yet/there` });
  const { path, size } = await fullestDisk(config);
  assert.deepEqual([path, size], [`${tmpdir()}/not/yet/there`, bsize * blocks]);
});

test('a disk is full below the floor, which 0 switches off', async () => {
  const home = { MYCELIUM_HOME: tmpdir() };
  const full = await fullDisk(readConfig({ ...home, DISK_FLOOR_MIB: '999999999' }));
  assert.equal(full?.path, tmpdir());
  assert.equal(await fullDisk(readConfig({ ...home, DISK_FLOOR_MIB: '1' })), undefined);
  assert.equal(await fullDisk(readConfig({ ...home, DISK_FLOOR_MIB: '0' })), undefined);
});
