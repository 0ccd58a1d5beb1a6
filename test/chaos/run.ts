/** `npm run chaos -- [R1 …] [--seed N] [--short] [--json]`: plays the scenarios and writes docs/reliability.md. */
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { readConfig } from '@mycelium/config';
import { createTestHome, discardHome, startServices } from '@mycelium/embedded';
import { type Played, play, scenarios } from './play.ts';

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
const say = (line: string) => values.json || console.log(`    ${line}`);

const home = await createTestHome(readConfig().MYCELIUM_HOME);
const services = await startServices({ home, redis: true, postgres: true, durable: false });
const played: Played[] = [];
try {
  const { databaseUrl, redisUrl } = services as { databaseUrl: string; redisUrl: string };
  for (const scenario of scenarios.filter(({ id }) => wanted.length === 0 || wanted.includes(id))) {
    if (!values.json) console.log(`${scenario.id}  ${scenario.title} (seed ${seed})`);
    const result = await play(scenario, { seed, full: !values.short, say, databaseUrl, redisUrl });
    played.push(result);
    const { id, lost, doubled, refused, recovered, broken, note, pass, seconds } = result;
    if (values.json)
      console.log(
        JSON.stringify({ id, lost, doubled, refused, recovered, seconds, seed, pass, broken, note }),
      );
    else {
      console.log(
        `    ${pass ? 'holds' : 'BROKEN'}: lost ${lost}, doubled ${doubled}, refused ${refused}, recovered ${recovered}, ${seconds.toFixed(0)} s; ${note}`,
      );
      for (const line of broken) console.log(`    ${line}`);
    }
  }
} finally {
  await services.stop();
  await discardHome(home);
}
if (!values.short && wanted.length === 0)
  await writeFile(new URL('../../docs/reliability.md', import.meta.url), page(played));
process.exitCode = played.every(({ pass }) => pass) ? 0 : 1;

function page(results: Played[]): string {
  const rows = results.map(
    ({ id, title, lost, doubled, refused, recovered, seconds, pass, note }) =>
      `| ${id} | ${title} | ${lost} | ${doubled} | ${refused} | ${recovered} | ${seconds.toFixed(0)} | ${pass ? 'holds' : '**broken**'} | ${note} |`,
  );
  return `# What was tried to break it

Written by \`npm run chaos\` (seed ${seed}, Node ${process.version}, ${process.platform}/${process.arch}). Real Redis and PostgreSQL; where a
model would run, a stub waits instead. A shorter form of each runs inside \`npm test\`.

| | fault | lost | doubled | refused | recovered | s | | |
|---|---|---|---|---|---|---|---|---|
${rows.join('\n')}
`;
}
