/** `npm run fuzz -- [TARGET …] [--cases N] [--seed N] [--json]`: see `help` below. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { circumstances } from '@mycelium/bench/record';
import { childEnvironment, readConfig } from '@mycelium/config';
import { discardHome, startServices, writeHomeEnv } from '@mycelium/embedded';
import { createTestHome } from '@mycelium/embedded/testing';
import { keepResult, page, renderPage } from './page.ts';
import { type Attacked, attackTarget } from './target.ts';
import { targets } from './targets.ts';

const help = `npm run fuzz -- [TARGET …] [--cases N] [--seed N] [--json]

Attacks every input with generated cases, on Redis and PostgreSQL servers of its own: no crash, no hang of more than a
second, no 5xx. Without TARGET it runs all of them, 10 million cases. A target that ran with all its cases is kept in
test/fuzz/results.json, from which docs/security.md is rendered. Exits with 1 when a case breaks something, and prints
the smallest one.

  --render    run nothing; write the kept results into docs/security.md

  --cases N   N cases of each target
  --seed N    repeat the cases of an earlier run
  --json      one JSON object per target

Targets:

${targets.map(({ id, title, cases }) => `  ${id.padEnd(10)} ${title}, ${cases.toLocaleString('en')} cases`).join('\n')}`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    cases: { type: 'string' },
    seed: { type: 'string' },
    json: { type: 'boolean' },
    render: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});
const unknown = positionals.filter((id) => !targets.some((target) => target.id === id));
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
const cases = values.cases === undefined ? undefined : Number(values.cases);
if (values.help) {
  console.log(help);
} else if (values.render) {
  writeFileSync(page, renderPage());
} else if (unknown.length > 0 || !Number.isInteger(seed) || (cases !== undefined && !(cases >= 1))) {
  console.error(
    unknown.length > 0
      ? `No target ${unknown.join(', ')}. See npm run fuzz -- --help.`
      : '--cases and --seed: expected whole numbers.',
  );
  process.exitCode = 2;
} else {
  process.exitCode = await withServers();
}

/** Starts servers, unless this already runs with some, and then itself with these. @returns the exit code */
async function withServers(): Promise<number> {
  const { MYCELIUM_HOME, DATABASE_URL, REDIS_URL } = readConfig();
  if (DATABASE_URL && REDIS_URL) return attackAll();
  const home = await createTestHome(MYCELIUM_HOME);
  const services = await startServices({ home, redis: true, postgres: true, durable: false });
  try {
    await writeHomeEnv(home, {
      REDIS_URL: services.redisUrl as string,
      DATABASE_URL: services.databaseUrl as string,
    });
    const args = [fileURLToPath(import.meta.url), ...process.argv.slice(2), '--seed', String(seed)];
    const child = spawn(process.execPath, args, {
      stdio: 'inherit',
      env: childEnvironment({ MYCELIUM_HOME: home }),
    });
    const [code] = await once(child, 'exit');
    return code ?? 1;
  } finally {
    await services.stop();
    await discardHome(home);
  }
}

async function attackAll(): Promise<number> {
  const attacked: Attacked[] = [];
  const chosen = targets.filter(({ id }) => positionals.length === 0 || positionals.includes(id));
  const origin = circumstances();
  for (const target of chosen) {
    const releases: (() => unknown)[] = [];
    const t = { after: (release: () => unknown) => releases.push(release) };
    const found = await attackTarget(target, cases ?? target.cases, seed, t);
    for (const release of releases.reverse()) await release();
    attacked.push(found);
    if (cases === undefined) keepResult(found, origin);
    console.log(values.json ? JSON.stringify(found) : lineOf(found));
  }
  if (cases === undefined) writeFileSync(page, renderPage());
  return attacked.some(({ broken }) => broken) ? 1 : 0;
}

function lineOf({ id, cases: tried, seconds, slowestMillis, broken }: Attacked): string {
  const count = tried.toLocaleString('en').padStart(10);
  return `${id.padEnd(10)} ${count} cases in ${seconds.toFixed(0)} s, slowest ${slowestMillis.toFixed(0)} ms, seed ${seed}: ${broken ?? 'nothing found'}`;
}
