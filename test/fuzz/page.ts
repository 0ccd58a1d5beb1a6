import { readFileSync, writeFileSync } from 'node:fs';
import { type Circumstances, describeMachine, replaceBlock, table } from '@mycelium/bench/record';
import type { Attacked } from './target.ts';
import { targets } from './targets.ts';

export const page = new URL('../../docs/security.md', import.meta.url);
const results = new URL('results.json', import.meta.url);

/** The newest run of a target with all its cases. */
type Kept = Attacked & Circumstances;

const readKept = () => JSON.parse(readFileSync(results, 'utf8')) as Record<string, Kept>;

export function keepResult(attacked: Attacked, origin: Circumstances): void {
  const kept = { ...readKept(), [attacked.id]: { ...attacked, ...origin } };
  writeFileSync(results, `${JSON.stringify(kept, null, 2)}\n`);
}

/** Renders docs/security.md with the table of kept results. */
export function renderPage(text = readFileSync(page, 'utf8')): string {
  const kept = readKept();
  const rows = targets.map(({ id, title }) => {
    const found = kept[id];
    if (!found) return [title, '–', '–', 'not run with all cases yet'];
    const { cases, slowestMillis, broken } = found;
    return [
      title,
      cases.toLocaleString('en'),
      `${slowestMillis.toFixed(0)} ms`,
      broken ? '**found**' : 'none',
    ];
  });
  const all = Object.values(kept);
  const total = all.reduce((sum, { cases }) => sum + cases, 0);
  const runs = Map.groupBy(all, ({ seed, date, commit, machine }) => {
    return `seed ${seed}, ${date}, commit ${commit ?? 'unknown'}, on ${describeMachine(machine)}`;
  });
  const from = [...runs].map(([run, found]) => `- ${found.map(({ id }) => id).join(', ')}: ${run}`);
  const rendered = `${table(['input', 'cases:', 'slowest:', 'faults'], rows)}\n\n${total.toLocaleString('en')} cases in all.\n\n${from.join('\n')}`;
  return replaceBlock(text, 'fuzz', rendered);
}
