import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { childEnvironment } from '@mycelium/config';
import { listRuns } from '@mycelium/database';
import { addDays } from '@mycelium/farm';
import { openFarm } from './farm.ts';

const main = new URL('../../apps/cli/src/main.ts', import.meta.url).pathname;
const job = 'daily_clip_inference';

test('after Ctrl-C in a backfill, every queued day finishes, and the same command does the rest', async (t) => {
  const farm = await openFarm(t);
  const days = [26, 25, 24, 23, 22, 21].map((ago) => addDays(farm.today, -ago));
  for (const day of days) await farm.addImages('611', day, [1, 2, 3]);
  const backfill = (...more: string[]) => {
    const args = ['backfill', job, '--from', days[0] as string, '--to', days.at(-1) as string, ...more];
    const stdio = ['ignore', 'ignore', 'inherit'] as const;
    return spawn(process.execPath, [main, ...args], { env: childEnvironment(farm.env), stdio: [...stdio] });
  };
  const statuses = async () => (await listRuns(farm.pool, { job })).map(({ status }) => status);

  const interrupted = backfill();
  const ended = once(interrupted, 'exit');
  while ((await statuses()).length === 0) await sleep(5);
  interrupted.kill('SIGINT');
  assert.deepEqual(await ended, [130, null]);
  await farm.idle();
  const queued = await statuses();
  assert.ok(queued.length >= 4, `${queued}`);
  assert.ok(
    queued.every((status) => status === 'succeeded'),
    `${queued}`,
  );

  assert.deepEqual(await once(backfill(), 'exit'), [0, null]);
  assert.deepEqual(await statuses(), Array(6).fill('succeeded'));
});
