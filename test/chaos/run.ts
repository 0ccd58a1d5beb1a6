/**
 * `npm run chaos -- [R1 …] [--seed N] [--short] [--json]`: plays the scenarios. In full form each leaves its row in
 * docs/reliability.md.
 */
import '@mycelium/config/compile-cache'; // for the processes it starts
import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { readConfig } from '@mycelium/config';
import { discardHome, startServices } from '@mycelium/embedded';
import { createTestHome } from '@mycelium/embedded/testing';
import { type Played, play, scenarios } from './play.ts';
import type { Scenario } from './scenario.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: 'string' },
    short: { type: 'boolean' },
    json: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});
const known = scenarios.map(({ id }) => id);
const wanted = positionals.map((id) => id.toUpperCase());
const strange = wanted.filter((id) => !known.includes(id));
if (values.help || strange.length > 0) {
  if (strange.length > 0) console.error(`There is no scenario ${strange.join(', ')}.`);
  console.log(`npm run chaos -- [${known.join(' ')}] [--seed N] [--short] [--json]`);
  process.exit(strange.length > 0 ? 2 : 0);
}
const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31));
if (!Number.isInteger(seed)) {
  console.error(`--seed ${values.seed}: a whole number is wanted.`);
  process.exit(2);
}
const full = !values.short;
const say = (line: string) => values.json || console.log(line);
const began = Date.now();

const home = await createTestHome(readConfig().MYCELIUM_HOME);
const services = await startServices({ home, redis: true, postgres: true, durable: false });
const played: Played[] = [];
try {
  const chosen = scenarios.filter(({ id }) => wanted.length === 0 || wanted.includes(id));
  // What measures its time is played alone; the soak takes long and little, and goes on beside all others.
  for (const scenario of chosen.filter(({ quiet }) => quiet)) await playOne(scenario);
  const soak = chosen.filter(({ beside }) => beside).map(playOne);
  for (const scenario of chosen.filter(({ quiet, beside }) => !quiet && !beside)) await playOne(scenario);
  await Promise.all(soak);
} finally {
  await services.stop();
  await discardHome(home);
}
const broken = played.filter(({ pass }) => !pass);
say(
  `${played.length - broken.length} of ${played.length} hold, seed ${seed}, ${minutes(Date.now() - began)} min${broken.map(({ id }) => `; ${id} is broken`).join('')}`,
);
if (full) await writeRows();
process.exitCode = broken.length > 0 ? 1 : 0;

async function playOne(scenario: Scenario): Promise<void> {
  const { databaseUrl, redisUrl } = services as { databaseUrl: string; redisUrl: string };
  say(`${scenario.id}  ${scenario.title}`);
  const tell = (line: string) => say(`    ${scenario.id}: ${line}`);
  const result = await play(scenario, { seed, full, say: tell, databaseUrl, redisUrl });
  played.push(result);
  const { id, lost, doubled, late, refused, recovered, broken, note, pass, seconds } = result;
  if (values.json) {
    console.log(
      JSON.stringify({ id, lost, doubled, late, refused, recovered, seconds, seed, pass, broken, note }),
    );
    return;
  }
  tell(
    `${pass ? 'holds' : 'BROKEN'}: lost ${lost}, doubled ${doubled}, late ${late}, refused ${refused}, recovered ${recovered}, ${seconds.toFixed(0)} s; ${note}`,
  );
  for (const line of broken) tell(line);
}

/** Each scenario that was played gets its row anew; the others keep theirs. */
async function writeRows(): Promise<void> {
  const page = new URL('../../docs/reliability.md', import.meta.url);
  const machine = `Node ${process.version}, ${process.platform}/${process.arch}, ${availableParallelism()} cores`;
  const rows = new Map(played.map((result) => [result.id, rowOf(result)]));
  const lines = (await readFile(page, 'utf8')).split('\n').map((line) => {
    if (line.startsWith('Last played')) return `Last played with seed ${seed} on ${machine}.`;
    return rows.get(/^\| (R\d+) \|/.exec(line)?.[1] ?? '') ?? line;
  });
  await writeFile(page, lines.join('\n'));
}

function rowOf({ id, lost, doubled, late, refused, recovered, seconds, pass, note }: Played): string {
  const cells = [
    id,
    lost,
    doubled,
    late,
    refused,
    recovered,
    seconds.toFixed(0),
    pass ? 'holds' : '**broken**',
    note,
  ];
  return `| ${cells.join(' | ')} |`;
}

function minutes(milliseconds: number): string {
  return (milliseconds / 60_000).toFixed(1);
}
