import { readFileSync } from 'node:fs';
import { describeMachine, replaceBlock, staleNote, table } from '@mycelium/bench/record';
import { scenarios } from '../scenarios/index.ts';
import { fingerprintOf, type KeptResult, readResult } from './results.ts';
import type { Result } from './scenario.ts';

export const page = new URL('../../../docs/reliability.md', import.meta.url);

/** Renders docs/reliability.md with the table of stored results. */
export function renderPage(text = readFileSync(page, 'utf8')): string {
  const rows = scenarios.map(({ id }) => row(id, readResult(id)));
  const headings = [
    '',
    'lost:',
    'doubled:',
    'late:',
    'refused:',
    'recovered:',
    's:',
    'result',
    'what happened',
  ];
  const kept = scenarios.flatMap(({ id }) => readResult(id) ?? []);
  const runs = Map.groupBy(kept, ({ seed, date, commit, machine }) => {
    return `seed ${seed}, ${date}, commit ${commit ?? 'unknown'}, on ${describeMachine(machine)}`;
  });
  const runsAsText = [...runs].map(([run, results]) => `- ${results.map(({ id }) => id).join(', ')}: ${run}`);
  return replaceBlock(text, 'results', `${table(headings, rows)}\n\n${runsAsText.join('\n')}`);
}

export function row(id: string, kept: KeptResult | undefined): string[] {
  if (!kept) return [id, '–', '–', '–', '–', '–', '–', 'not run', 'not run in full form yet'];
  const stale = kept.fingerprint === fingerprintOf(id) ? [] : [staleNote];
  const what = [...(kept.notRun ? [kept.notRun] : [kept.note]), ...kept.broken, ...stale];
  const seconds = kept.notRun ? '–' : kept.seconds.toFixed(0);
  return [id, ...figures(kept), seconds, verdict(kept), what.join('; ')];
}

export function figures({ lost, doubled, late, refused, recovered }: Result | KeptResult): string[] {
  return [lost, doubled, late, refused, recovered].map((figure) => (figure === null ? '–' : String(figure)));
}

export function verdict({ pass }: Pick<Result, 'pass'>): string {
  if (pass === null) return 'not run';
  return pass ? 'holds' : '**broken**';
}
