import { readFileSync } from 'node:fs';
import { type Circumstances, describeMachine, replaceBlock, table } from '@mycelium/bench/record';
import type { Attacked } from './target.ts';
import { targets } from './targets.ts';

export const page = new URL('../../docs/security.md', import.meta.url);
export const results = new URL('results.json', import.meta.url);

export type Kept = Circumstances & { attacked: Attacked[] };

/** Renders docs/security.md with the table of the last full run. */
export function renderPage(text = readFileSync(page, 'utf8')): string {
  const { attacked, date, commit, machine } = JSON.parse(readFileSync(results, 'utf8')) as Kept;
  const rows = targets.map(({ id, title }) => {
    const found = attacked.find((one) => one.id === id);
    return found
      ? [
          title,
          found.cases.toLocaleString('en'),
          `${found.slowestMillis.toFixed(0)} ms`,
          found.broken ? '**broken**' : 'none',
        ]
      : [title, '–', '–', 'not run'];
  });
  const total = attacked.reduce((sum, { cases }) => sum + cases, 0);
  const minutes = attacked.reduce((sum, { seconds }) => sum + seconds, 0) / 60;
  const from = `${total.toLocaleString('en')} cases in ${minutes.toFixed(0)} minutes, seed ${attacked[0]?.seed}, ${date}, commit ${commit ?? 'unknown'}, on ${describeMachine(machine)}.`;
  return replaceBlock(text, 'fuzz', `${table(['input', 'cases:', 'slowest:', 'faults'], rows)}\n\n${from}`);
}
