/** `npm run bench -- [NAME or ID …]`: ours, the naive way and the limit, side by side in one run. See `help` below. */
import '@mycelium/config/compile-cache'; // for the processes it starts
import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readConfig } from '@mycelium/config';
import { discardHome, startServices } from '@mycelium/embedded';
import { createTestHome } from '@mycelium/embedded/testing';
import type { Bench, BenchRow } from './bench.ts';
import { runAgainst } from './record/against.ts';
import { benchFiles, loadBenches } from './record/benches.ts';
import { describeMachine, machine } from './record/circumstances.ts';
import { criteria } from './record/criteria.ts';
import { page, renderPage } from './record/performance-page.ts';
import { type Comparison, keepRows, type Origin, originOf } from './record/rows.ts';

const benches = await loadBenches();
const help = `npm run bench -- [BENCH …] [--json] [--save] [--against FOLDER [--rounds N]]

Measures Mycelium, the naive way and the limit in turns, on Redis and PostgreSQL servers of its own. BENCH is a name or
an id; without one it runs all of them.

  --json            one JSON object per row
  --save            keep the rows in bench/results/ID.json and render docs/performance.md from these files
  --against FOLDER  measure another checkout too, in turns with this one, and print the ratio
  --rounds N        with --against: how often each is measured; the medians are compared (3)
  --render          measure nothing; write the kept rows into docs/performance.md

Benchmarks: ${benches.map(({ name, ids }) => `${name} (${ids.join(', ')})`).join(', ')}`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean' },
    save: { type: 'boolean' },
    against: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    render: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});
const matches = ({ name, ids }: Bench, word: string) => name === word || ids.includes(word.toUpperCase());
const files = benchFiles(benches);
const unknown = positionals.filter((word) => !benches.some((bench) => matches(bench, word)));
const rounds = Number(values.rounds);
if (values.help) {
  console.log(help);
} else if (unknown.length > 0) {
  console.error(`No benchmark ${unknown.join(', ')}. See npm run bench -- --help.`);
  process.exitCode = 2;
} else if (!(Number.isInteger(rounds) && rounds > 0)) {
  console.error(`--rounds ${values.rounds}: expected a positive integer.`);
  process.exitCode = 2;
} else if (values.render) {
  writeFileSync(page, renderPage(files));
} else {
  const chosen = benches.filter(
    (bench) => positionals.length === 0 || positionals.some((word) => matches(bench, word)),
  );
  const origins = new Map(
    chosen.flatMap(({ ids }) => ids.map((id) => [id, originOf(id, files.get(id) as string)])),
  );
  await (values.against ? compareAll(chosen, origins, values.against) : measureAll(chosen, origins));
}

async function measureAll(chosen: Bench[], origins: Map<string, Origin>): Promise<void> {
  const home = await createTestHome(readConfig().MYCELIUM_HOME);
  const services = await startServices({ home, redis: true, postgres: true });
  const { databaseUrl, redisUrl } = services as { databaseUrl: string; redisUrl: string };
  try {
    for (const bench of chosen) {
      const began = performance.now();
      const workDir = await mkdtemp(join(tmpdir(), 'mycelium-bench-'));
      try {
        finish(bench, origins, await bench.run({ databaseUrl, redisUrl, workDir, log }));
        logTime(bench, began);
      } finally {
        await rm(workDir, { recursive: true, force: true });
      }
    }
  } finally {
    await services.stop();
    await discardHome(home);
  }
}

async function compareAll(chosen: Bench[], origins: Map<string, Origin>, other: string): Promise<void> {
  for (const bench of chosen) {
    const began = performance.now();
    const { rows, compared } = await runAgainst(other, bench.name, rounds, log);
    finish(bench, origins, rows, compared);
    logTime(bench, began);
  }
}

function finish(
  bench: Bench,
  origins: Map<string, Origin>,
  rows: BenchRow[],
  compared?: Map<string, Comparison>,
): void {
  for (const row of rows) print(row, compared?.get(row.case));
  const unmet = criteria.filter(
    ({ id, case: name }) => bench.ids.includes(id) && !rows.some((row) => row.id === id && row.case === name),
  );
  for (const { id, case: name } of unmet) log(`no row for the criterion ${id} ${name}`);
  if (!values.save) return;
  for (const id of bench.ids) {
    const own = rows.filter((row) => row.id === id);
    keepRows(id, origins.get(id) as Origin, own, compared);
  }
  writeFileSync(page, renderPage(files));
}

function print(row: BenchRow, before?: Comparison): void {
  const on = describeMachine(machine());
  if (values.json) {
    console.log(JSON.stringify({ ...row, ...(before && { before }), machine: on }));
    return;
  }
  const number = (value: number | null) => (value === null ? '–' : value.toPrecision(4));
  const times = (value: number | null) => (value === null ? '–' : `${value.toFixed(2)}×`);
  const note = row.note ? ` (${row.note})` : '';
  const compared = before
    ? `; ${times(before.ratio)} the other checkout, which has ${number(before.ours)} ${row.unit}`
    : '';
  console.log(
    `${row.id} ${row.case}${note}: ours ${number(row.ours)} ${row.unit}, naive ${number(row.naive)}, limit ${number(row.limit)}; ` +
      `${times(row.vsNaive)} the naive way, ${times(row.vsLimit)} of the limit${compared}; n=${row.n}; ${on}`,
  );
}

/** So that the next comparison can be planned. */
function logTime({ name }: Bench, began: number): void {
  log(`${name} took ${((performance.now() - began) / 1_000).toFixed(0)} s`);
}

function log(line: string): void {
  console.error(`  ${line}`);
}
