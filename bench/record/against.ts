import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BenchRow, median } from '../bench.ts';
import { commitOf } from './circumstances.ts';
import type { Comparison } from './rows.ts';

const here = fileURLToPath(new URL('../..', import.meta.url));
const lowerIsBetter = /^(ms|s|MB|KB)\b/;

/** Cases that the previous release named after a varying figure or address, which is the row's note now. */
const renamed: [earlier: RegExp, now: string][] = [
  [/^through the queue; an image by itself /, 'through the queue'],
  [/^p95 of the slowest, \/api\//, 'p95 of the slowest'],
];

/**
 * Runs a benchmark alternately in this checkout and in another one (ours, theirs, theirs, ours, …), so that other load
 * on the machine affects both alike.
 * @returns our row for each case with the median result, and the comparison of the medians
 */
export async function runAgainst(
  other: string,
  name: string,
  rounds: number,
  log: (line: string) => void,
): Promise<{ rows: BenchRow[]; compared: Map<string, Comparison> }> {
  if (!existsSync(join(other, 'bench/run.ts')) || !existsSync(join(other, 'node_modules')))
    throw new Error(`${other} is not a checkout with its packages installed: run \`node setup.mjs\` there.`);
  const ours: BenchRow[][] = [];
  const theirs: BenchRow[][] = [];
  for (let round = 0; round < rounds; round++) {
    const turns: [string, BenchRow[][]][] = [
      [here, ours],
      [other, theirs],
    ];
    for (const [folder, results] of round % 2 === 0 ? turns : turns.reverse()) {
      const turn = `${name}, round ${round + 1} of ${rounds}, ${folder === here ? 'this checkout' : 'the other one'}`;
      log(turn);
      const began = performance.now();
      results.push(await runIn(folder, name));
      log(`${turn}: ${((performance.now() - began) / 1_000).toFixed(0)} s`);
    }
  }
  const rows = (ours[0] ?? []).map((row) => medianRow(ours.flat(), row));
  const commit = commitOf(other);
  const compared = new Map(rows.flatMap((row) => compare(row, theirs.flat(), { commit, rounds })));
  for (const row of rows) if (!compared.has(row.case)) log(`the other checkout has no case "${row.case}"`);
  return { rows, compared };
}

async function runIn(folder: string, name: string): Promise<BenchRow[]> {
  const child = spawn(process.execPath, ['bench/run.ts', name, '--json'], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`bench ${name} in ${folder} ended with ${code}`);
  return output
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as BenchRow);
}

function medianRow(all: BenchRow[], like: BenchRow): BenchRow {
  const same = sameCase(all, like).toSorted((a, b) => a.ours - b.ours);
  return same[same.length >> 1] as BenchRow;
}

function compare(
  row: BenchRow,
  all: BenchRow[],
  { commit, rounds }: { commit: string | null; rounds: number },
): [string, Comparison][] {
  const same = sameCase(all, row);
  if (same.length === 0) return []; // the other checkout does not have this case
  const theirs = median(same.map(({ ours }) => ours));
  const ratio = lowerIsBetter.test(row.unit) ? theirs / row.ours : row.ours / theirs;
  return [[row.case, { commit, ours: theirs, ratio, rounds }]];
}

function sameCase(all: BenchRow[], { id, case: name }: BenchRow): BenchRow[] {
  return all.filter((row) => row.id === id && caseName(row) === name);
}

function caseName({ case: name }: BenchRow): string {
  return renamed.find(([earlier]) => earlier.test(name))?.[1] ?? name;
}
