import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { childEnvironment } from '@mycelium/config';
import { listQuarantine } from '@mycelium/database';
import { addDays } from '@mycelium/farm';
import { openFarm } from './farm.ts';

const run = promisify(execFile);
const main = new URL('../../apps/cli/src/main.ts', import.meta.url).pathname;

test('images stay in quarantine if the run of their step was in the queue before, and are counted', async (t) => {
  const farm = await openFarm(t);
  const day = addDays(farm.today, -20);
  const queue = farm.queues.of('embed_images');
  const backfill = async (only: string, dryRun = false) => {
    const payload = { what: 'images', from: day, to: day, only, dryRun };
    return (await farm.send({ method: 'POST', url: '/api/backfill', payload })).json();
  };
  const [key] = await farm.addImages('611', day, [1, 2]);
  await farm.store.write(key as string, Buffer.from('half an image'));
  await backfill('missing');
  await farm.idle();
  assert.equal((await listQuarantine(farm.pool)).length, 1);

  await queue.pause();
  const first = await backfill('stale');
  assert.deepEqual([first.enqueued, first.keptInQuarantine], [0, 0]);
  await farm.addImages('611', day, [3]);
  assert.equal((await backfill('missing')).enqueued, 1);
  const second = await backfill('failed');
  assert.deepEqual([second.enqueued, second.notQueued, second.keptInQuarantine], [1, 0, 1]);
  assert.equal((await listQuarantine(farm.pool)).length, 1);

  await queue.resume();
  await farm.idle();
  const third = await backfill('failed');
  assert.deepEqual([third.enqueued, third.keptInQuarantine], [1, 0]);
  await farm.idle();
});

test('after a step that cannot be queued, the runs that were not queued are counted', async (t) => {
  const farm = await openFarm(t);
  const days = [12, 11, 10].map((ago) => addDays(farm.today, -ago));
  const [from, , to] = days as [string, string, string];
  for (const day of days) await farm.addTemperatures('611', day);
  const url = '/api/backfill';
  const range = { what: 'readings', from, to };
  const plan = (await farm.send({ method: 'POST', url, payload: { ...range, dryRun: true } })).json();
  assert.equal(plan.steps.length, 3);
  // The key of the second day's job is not a job.
  const queue = farm.queues.of('daily_env_stats');
  const id = `daily_env_stats@${new Date(plan.steps[1].slot).getTime()}`;
  await farm.redis.set(queue.toKey(id), 'not a job');

  const args = ['backfill', 'daily_env_stats', '--from', from, '--to', to];
  const options = { env: childEnvironment(farm.env) };
  const failed = await run(process.execPath, [main, ...args, '--json'], options).catch((error) => error);
  assert.equal(failed.code, 1);
  const answer = JSON.parse(failed.stdout);
  assert.ok(answer.runs.length >= 1 && answer.runs.length + answer.notQueued.length === 3, failed.stdout);
  assert.match(failed.stderr, /Stopped early: .*WRONGTYPE.* Run the same command again to resume/);
  await farm.idle();

  const payload = { ...range, dryRun: false, steps: plan.steps };
  const shown = (await farm.send({ method: 'POST', url, payload })).json();
  assert.deepEqual([shown.enqueued, shown.notQueued], [1, 2]);
  await farm.redis.del(queue.toKey(id));
  await farm.idle();
  assert.deepEqual((await run(process.execPath, [main, ...args], options)).stderr, '');
});
