import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addDays } from '@mycelium/farm';
import { openFarm } from './farm.ts';

test('a retry that fails says why; only a run that someone else retried is still active', async (t) => {
  const farm = await openFarm(t);
  const queue = farm.queues.of('embed_images');
  const post = (url: string, payload: object = {}) => farm.send({ method: 'POST', url, payload });
  const failedRun = async (daysAgo: number) => {
    const day = addDays(farm.today, -daysAgo);
    await farm.addImages('611', day, [1]);
    farm.failing.embedImages = true;
    await post('/api/jobs/embed_images/run', { day });
    await farm.idle();
    farm.failing.embedImages = false;
    const { id } = (await farm.send({ url: '/api/runs?status=failed' })).json().runs[0];
    return { url: `/api/runs/${id}` };
  };
  const retry = async ({ url }: { url: string }) => {
    const answer = await post(`${url}/retry`);
    return [answer.statusCode, answer.json().code];
  };

  const run = await failedRun(30);
  const answers = await Promise.all([retry(run), retry(run), retry(run)]);
  assert.ok(answers.some(([status]) => status === 200));
  for (const [status, code] of answers.filter(([status]) => status !== 200)) {
    assert.deepEqual([status, code], [409, 'refused.run-active']);
  }
  await farm.idle();
  assert.equal((await farm.send(run)).json().status, 'succeeded');

  // Redis refuses to move the job, since its list of waiting jobs is not a list.
  const broken = await failedRun(31);
  await queue.pause();
  await farm.redis.set(queue.toKey('wait'), 'not a list');
  assert.deepEqual(await retry(broken), [500, 'refused.internal']);
  await farm.redis.del(queue.toKey('wait'));
});
