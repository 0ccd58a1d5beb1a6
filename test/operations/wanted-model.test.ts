import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { childEnvironment } from '@mycelium/config';
import { activeModel } from '@mycelium/database';
import { demoModelDir } from '@mycelium/encoder/demo-model';
import { addDays } from '@mycelium/farm';
import { openFarm } from './farm.ts';

const run = promisify(execFile);
const main = new URL('../../apps/cli/src/main.ts', import.meta.url).pathname;

test('the console counts the model in use; a command counts its CLIP_MODEL, and each names the model', async (t) => {
  const farm = await openFarm(t, { CLIP_MODEL: demoModelDir, CLIP_DTYPE: 'fp32' });
  const day = addDays(farm.today, -12);
  const post = async (payload: object) =>
    (await farm.send({ method: 'POST', url: '/api/backfill', payload })).json();
  const range = { what: 'images', from: day, to: day };
  await farm.addImages('611', day, [1, 2]);
  await post({ ...range, dryRun: false });
  await farm.idle();

  const inUse = (await activeModel(farm.pool))?.key;
  const coverage = (await farm.send({ url: `/api/coverage?from=${day}&to=${day}` })).json();
  const [cell] = coverage.rooms[0].cells;
  assert.deepEqual([coverage.model, cell.embedded, cell.stale, cell.missing], [inUse, 2, 0, 0]);
  const plan = await post({ ...range, only: 'stale', dryRun: true });
  assert.deepEqual([plan.model, plan.steps], [inUse, []]);

  const args = [
    'backfill',
    'daily_clip_inference',
    '--from',
    day,
    '--to',
    day,
    '--only',
    'stale',
    '--dry-run',
    '--json',
  ];
  const planned = async (env: Record<string, string>) => {
    const { stdout } = await run(process.execPath, [main, ...args], { env: childEnvironment(env) });
    return JSON.parse(stdout);
  };
  const own = await planned(farm.env);
  assert.match(own.model, /^demo:.*\/fp32#/);
  assert.notEqual(own.model, inUse);
  assert.deepEqual([own.plan[0].reason, own.plan[0].images], ['stale', 2]);
  const unset = await planned({ ...farm.env, CLIP_MODEL: '' });
  assert.deepEqual([unset.model, unset.plan], [inUse, []]);
});
