/** `npm run chaos -- [R1 …] [--seed N] [--short] [--json]`: see `help` below. */
import '@mycelium/config/compile-cache'; // for the processes it starts
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { readConfig } from '@mycelium/config';
import { discardHome, startServices } from '@mycelium/embedded';
import { createTestHome } from '@mycelium/embedded/testing';
import { figures, page, renderPage, verdict } from './harness/page.ts';
import { keepResult, type Origin, originOf } from './harness/results.ts';
import { runScenario } from './harness/run-scenario.ts';
import type { Result, Scenario } from './harness/scenario.ts';
import { scenarios } from './scenarios/index.ts';

const help = `npm run chaos -- [SCENARIO …] [--seed N] [--short] [--json]

Tries to break Mycelium, on Redis and PostgreSQL servers of its own, with workers in processes of their own. Without
SCENARIO it runs all of them, which takes half an hour. Exits with 1 when a scenario is broken.

  --seed N   repeat the random choices of an earlier run
  --short    the form of npm test: smaller, a few minutes, and no result is kept
  --json     one JSON object per scenario; a figure that was not counted is null
  --render   run nothing; write the kept results into docs/reliability.md

In full form each scenario leaves its result in test/chaos/results/ID.json, and docs/reliability.md is rendered from
these files. Scenarios:

${scenarios.map(({ id, title }) => `  ${id.padEnd(4)} ${title}`).join('\n')}`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string' },
    short: { type: 'boolean' },
    json: { type: 'boolean' },
    render: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});
const requested = positionals.map((id) => id.toUpperCase());
const unknown = requested.filter((id) => !scenarios.some((scenario) => scenario.id === id));
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
if (values.help) {
  console.log(help);
} else if (unknown.length > 0) {
  console.error(`No scenario ${unknown.join(', ')}. See npm run chaos -- --help.`);
  process.exitCode = 2;
} else if (!Number.isInteger(seed)) {
  console.error(`--seed ${values.seed}: expected an integer.`);
  process.exitCode = 2;
} else if (values.render) {
  writeFileSync(page, renderPage());
} else {
  process.exitCode = await runAll();
}

/** @returns the exit code */
async function runAll(): Promise<number> {
  const began = Date.now();
  const chosen = scenarios.filter(({ id }) => requested.length === 0 || requested.includes(id));
  const origins = new Map(chosen.map(({ id }) => [id, originOf(id)]));
  const home = await createTestHome(readConfig().MYCELIUM_HOME);
  const services = await startServices({ home, redis: true, postgres: true, durable: false });
  const { databaseUrl, redisUrl } = services as { databaseUrl: string; redisUrl: string };
  const results: Result[] = [];
  const runOne = async (scenario: Scenario) => {
    results.push(await runAndReport(scenario, { databaseUrl, redisUrl }, origins.get(scenario.id) as Origin));
  };
  try {
    // Scenarios that measure time run alone. The soak takes long but needs little, so it runs alongside all others.
    for (const scenario of chosen.filter(({ quiet }) => quiet)) await runOne(scenario);
    const soak = chosen.filter(({ beside }) => beside).map(runOne);
    for (const scenario of chosen.filter(({ quiet, beside }) => !quiet && !beside)) await runOne(scenario);
    await Promise.all(soak);
  } finally {
    await services.stop();
    await discardHome(home);
  }
  if (!values.short) writeFileSync(page, renderPage());
  log(summary(results, Date.now() - began));
  return results.some(({ pass }) => pass === false) ? 1 : 0;
}

async function runAndReport(
  scenario: Scenario,
  servers: { databaseUrl: string; redisUrl: string },
  origin: Origin,
): Promise<Result> {
  log(`${scenario.id}  ${scenario.title}`);
  const report = (line: string) => log(`    ${scenario.id}: ${line}`);
  const result = await runScenario(scenario, { ...servers, seed, full: !values.short, log: report });
  if (result.full) keepResult(result, origin);
  const { broken, note, notRun, seconds } = result;
  if (values.json) {
    console.log(JSON.stringify(result));
  } else if (notRun) {
    report(`not run: ${notRun}`);
  } else {
    const [lost, doubled, late, refused, recovered] = figures(result);
    report(
      `${verdict(result)}: lost ${lost}, doubled ${doubled}, late ${late}, refused ${refused}, recovered ${recovered}, ${seconds.toFixed(0)} s; ${note}`,
    );
    for (const line of broken) report(line);
  }
  return result;
}

function summary(results: Result[], milliseconds: number): string {
  const [ran, holding] = [results.filter(({ pass }) => pass !== null), results.filter(({ pass }) => pass)];
  const others = results.filter(({ pass }) => !pass).map((result) => `; ${result.id} ${verdict(result)}`);
  return `${holding.length} of ${ran.length} hold, seed ${seed}, ${(milliseconds / 60_000).toFixed(1)} min${others.join('')}`;
}

function log(line: string): void {
  if (!values.json) console.log(line);
}
