import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { createBreaker } from './breaker.ts';

const logger = { info: () => {}, warn: () => {}, error: () => {} };

test('a dependency that is down pauses the worker, which resumes when it returns', async () => {
  const calls: string[] = [];
  let up = false;
  const breaker = createBreaker(
    [{ name: 'postgres', probe: async () => assert.ok(up, 'connection refused') }],
    { pause: () => calls.push('pause'), resume: () => calls.push('resume'), logger },
  );
  assert.deepEqual(await breaker.check(), {
    dependency: 'postgres',
    reason: 'postgres: connection refused',
  });
  await breaker.check();
  assert.deepEqual(calls, ['pause']);
  up = true;
  for (let n = 0; n < 100 && breaker.trouble(); n++) await wait(50);
  assert.deepEqual(calls, ['pause', 'resume']);
  breaker.close();
});

test('jobs that fail at the same time share one probe', async () => {
  let probes = 0;
  const breaker = createBreaker([{ name: 'store', probe: async () => void probes++ }], {
    pause: () => {},
    resume: () => {},
    logger,
  });
  assert.deepEqual(await Promise.all([breaker.check(), breaker.check()]), [undefined, undefined]);
  assert.equal(probes, 1);
});
