import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readConfig, requireSettings } from '@mycelium/config';
import { runScenario } from './run-scenario.ts';
import type { Scenario } from './scenario.ts';

const { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl } = requireSettings(
  readConfig(),
  'DATABASE_URL',
  'REDIS_URL',
);

/** The short form of scenarios, as tests. */
export function testScenarios(scenarios: Scenario[]): void {
  for (const scenario of scenarios) {
    test(`${scenario.id}: nothing is lost or doubled: ${scenario.title}`, async (t) => {
      const seed = Math.floor(Math.random() * 2 ** 31);
      const log = (line: string) => t.diagnostic(line);
      const result = await runScenario(scenario, { seed, full: false, log, databaseUrl, redisUrl });
      const { lost, doubled, refused, broken, note, notRun } = result;
      if (notRun) {
        t.diagnostic(`${scenario.id} not run: ${notRun}`);
        return t.skip(`not run: ${notRun}`);
      }
      t.diagnostic(`seed ${seed}, refused ${refused ?? '–'}: ${note}`);
      // A scenario that did not count has shown nothing.
      assert.deepEqual({ lost, doubled, broken }, { lost: 0, doubled: 0, broken: [] });
    });
  }
}
