import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig, requireSettings } from '@mycelium/config';
import { play, scenarios } from './play.ts';

const { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl } = requireSettings(
  readConfig(),
  'DATABASE_URL',
  'REDIS_URL',
);

for (const scenario of scenarios) {
  test(`${scenario.id}: nothing is lost or doubled: ${scenario.title}`, async (t) => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const say = (line: string) => t.diagnostic(line);
    const { lost, doubled, broken, note } = await play(scenario, {
      seed,
      full: false,
      say,
      databaseUrl,
      redisUrl,
    });
    t.diagnostic(`seed ${seed}: ${note}`);
    assert.deepEqual({ lost, doubled, broken }, { lost: 0, doubled: 0, broken: [] });
  });
}
