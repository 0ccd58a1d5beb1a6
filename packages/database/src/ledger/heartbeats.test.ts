import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createTestDatabase } from '../testing.ts';
import {
  forgetDeadProcesses,
  listHeartbeats,
  type Process,
  recordHeartbeat,
  startHeartbeat,
} from './heartbeats.ts';

const clip: Process = {
  process: 'clip@host#1',
  service: 'worker-clip',
  host: 'host',
  trouble: () => undefined,
};
const far = new Date('2100-01-01T00:00:00Z');

test('trouble keeps its start time until it is over, however often it is reported', async (t) => {
  const pool = await createTestDatabase(t);
  const beat = (trouble?: string) => recordHeartbeat(pool, { ...clip, trouble: () => trouble });
  const read = async () => (await listHeartbeats(pool, new Date()))[0];

  await beat();
  assert.equal((await read())?.troubleSince, null);
  await beat('postgres: no answer');
  const since = (await read())?.troubleSince;
  assert.ok(since);
  await beat('object store: no answer');
  assert.deepEqual((await read())?.troubleSince, since);
  assert.equal((await read())?.trouble, 'object store: no answer');
  await beat();
  assert.deepEqual([(await read())?.trouble, (await read())?.troubleSince], [null, null]);
});

test('a process is listed from its start and removes its row on a clean exit', async (t) => {
  const pool = await createTestDatabase(t);
  const heartbeat = startHeartbeat(pool, clip);
  // The first beat is in progress: stopping waits for it, so that it cannot come after the removal.
  await heartbeat.stop();
  assert.deepEqual(await listHeartbeats(pool, new Date()), []);
  await recordHeartbeat(pool, clip);
  assert.equal((await listHeartbeats(pool, new Date())).length, 1);
});

test('a process that crashed is listed for a day and forgotten later', async (t) => {
  const pool = await createTestDatabase(t);
  await recordHeartbeat(pool, clip);
  assert.deepEqual(await listHeartbeats(pool, far), []);
  assert.equal((await pool.query('select from heartbeat')).rowCount, 1);
  await forgetDeadProcesses(pool, far);
  assert.equal((await pool.query('select from heartbeat')).rowCount, 0);
});

test('a heartbeat reports the fullest disk and the queues, and beats on if the disk cannot be read', async (t) => {
  const pool = await createTestDatabase(t);
  const read = async () => (await listHeartbeats(pool, new Date()))[0];
  const beat = (disk: () => Promise<{ path: string; free: number; size: number }>) =>
    recordHeartbeat(pool, { ...clip, trouble: () => undefined, queues: () => ['clip', 'captions'], disk });
  await beat(async () => ({ path: '/home', free: 5e12, size: 8e12 }));
  const { queues, diskPath, diskFree, diskSize } = (await read()) ?? {};
  assert.deepEqual([queues, diskPath, diskFree, diskSize], [['clip', 'captions'], '/home', 5e12, 8e12]);
  await beat(() => Promise.reject(new Error('no such folder')));
  assert.equal((await read())?.diskFree, null);
});
