/** `npm run bench -- [NAME or ID …] [--json]`: ours, the naive way and the limit, side by side in one run. */
import '@mycelium/config/compile-cache'; // for the processes it starts
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readConfig } from '@mycelium/config';
import { discardHome, startServices } from '@mycelium/embedded';
import { createTestHome } from '@mycelium/embedded/testing';
import type { Bench, BenchRow } from './bench.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean' }, help: { type: 'boolean' } },
});
const here = new URL('.', import.meta.url).pathname;
const files = (await readdir(here))
  .filter((file) => file.endsWith('.ts') && !['run.ts', 'bench.ts'].includes(file))
  .sort();
const benches: Bench[] = [];
for (const file of files) benches.push(((await import(join(here, file))) as { bench: Bench }).bench);

const matches = ({ name, ids }: Bench, word: string) => name === word || ids.includes(word.toUpperCase());
const strange = positionals.filter((word) => !benches.some((bench) => matches(bench, word)));
if (values.help || strange.length > 0) {
  if (strange.length > 0) console.error(`There is no benchmark ${strange.join(', ')}.`);
  console.log(
    `npm run bench -- [${benches.map(({ name, ids }) => `${name} (${ids.join(', ')})`).join(' | ')}] [--json]`,
  );
  process.exit(strange.length > 0 ? 2 : 0);
}

const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.version}`;
const wanted = benches.filter(
  (bench) => positionals.length === 0 || positionals.some((word) => matches(bench, word)),
);
const home = await createTestHome(readConfig().MYCELIUM_HOME);
const services = await startServices({ home, redis: true, postgres: true });
try {
  for (const bench of wanted) {
    const workDir = await mkdtemp(join(tmpdir(), 'mycelium-bench-'));
    try {
      const { databaseUrl, redisUrl } = services as { databaseUrl: string; redisUrl: string };
      const log = (line: string) => console.error(`  ${line}`);
      for (const row of await bench.run({ databaseUrl, redisUrl, workDir, log })) print(row);
    } finally {
      await rm(workDir, { recursive: true, force: true });
    }
  }
} finally {
  await services.stop();
  await discardHome(home);
}

function print(row: BenchRow) {
  if (values.json) return console.log(JSON.stringify({ ...row, machine }));
  const number = (value: number | null) => (value === null ? '–' : value.toPrecision(4));
  const times = (value: number | null) => (value === null ? '–' : `${value.toFixed(2)}×`);
  console.log(
    `${row.id} ${row.case}: ours ${number(row.ours)} ${row.unit}, naive ${number(row.naive)}, limit ${number(row.limit)}; ` +
      `${times(row.vsNaive)} the naive way, ${times(row.vsLimit)} of the limit; n=${row.n}; ${machine}`,
  );
}
