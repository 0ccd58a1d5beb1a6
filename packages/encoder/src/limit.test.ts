import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLimit } from './limit.ts';

test('no more than so many run at once, in the order they came, and a failure gives its place back', async () => {
  const limit = createLimit(2);
  let running = 0;
  let most = 0;
  const begun: number[] = [];
  const jobs = Array.from({ length: 9 }, (_, job) =>
    limit(async () => {
      begun.push(job);
      most = Math.max(most, ++running);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      if (job % 3 === 0) throw new Error(`job ${job}`);
      return job;
    }),
  );
  const ended = await Promise.allSettled(jobs);
  assert.equal(most, 2);
  assert.deepEqual(begun, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
  assert.equal(ended.filter(({ status }) => status === 'rejected').length, 3);
});
