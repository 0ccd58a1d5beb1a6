import { readFileSync } from 'node:fs';
import { describeMachine } from './circumstances.ts';
import { comparisons } from './criteria.ts';
import { replaceBlock, staleNote, table } from './page.ts';
import { type Figure, fingerprintOf, type KeptBench, type KeptRow, readRows } from './rows.ts';

export const page = new URL('../../docs/performance.md', import.meta.url);

/** Renders docs/performance.md with the table of stored rows. `benches` maps benchmark ids to files. */
export function renderPage(benches: Map<string, string>, text = readFileSync(page, 'utf8')): string {
  const ids = [...benches.keys()].sort();
  const kept = ids.flatMap((id) => readRows(id) ?? []);
  const headings = ['', 'ours', 'naive way', 'limit', 'release before', 'n:', 'measured'];
  const rows = ids.flatMap((id) => rowsOf(id, benches.get(id) as string, readRows(id)));
  const compared = ids.map((id) => [id, comparisons[id]?.naive ?? '–', comparisons[id]?.limit ?? '–']);
  const machines = Map.groupBy(kept, ({ machine }) => describeMachine(machine));
  const lines = [...machines].map(
    ([machine, benches]) => `- ${benches.map(({ id }) => id).join(', ')}: ${machine}`,
  );
  return replaceBlock(
    replaceBlock(text, 'results', `${table(headings, rows)}\n\n${lines.join('\n')}`),
    'comparisons',
    table(['', 'the naive way', 'the limit'], compared),
  );
}

export function rowsOf(id: string, file: string, kept: KeptBench | undefined): string[][] {
  if (!kept) return [[id, '–', '–', '–', '–', '–', 'not run yet']];
  const stale = kept.fingerprint === fingerprintOf(id, file) ? '' : `; ${staleNote}`;
  const measured = `${kept.date}, ${kept.commit ?? 'unknown commit'}${stale}`;
  return kept.rows.map((row) => [
    `${id} ${row.case}${row.note ? ` (${row.note})` : ''}`,
    row.ours === null ? '–' : `${figure(row.ours, number)} ${row.unit}`,
    against(row.vsNaive, row.atLeast.naive, times),
    against(row.vsLimit, row.atLeast.limit, share),
    before(row),
    row.n === null ? '–' : row.n.toLocaleString('en'),
    measured,
  ]);
}

/** A ratio with its target, in bold if it misses the target. */
function against(ratio: Figure, atLeast: number | null, print: (value: number) => string): string {
  if (ratio === null) return '–';
  const lowest = Array.isArray(ratio) ? ratio[0] : ratio;
  const shown = figure(ratio, print);
  if (atLeast === null) return shown;
  return `${lowest < atLeast ? `**${shown}**` : shown} (≥ ${atLeast})`;
}

function before({ before }: KeptRow): string {
  return before ? `${times(before.ratio)} of ${before.commit ?? 'it'}, ${before.rounds} rounds` : '–';
}

function figure(value: number | [number, number], print: (value: number) => string): string {
  return Array.isArray(value) ? value.map(print).join('–') : print(value);
}

const number = (value: number) =>
  Number(value.toPrecision(3)).toLocaleString('en', { maximumFractionDigits: 6 });
const times = (value: number) => `${number(value)}×`;
const share = (value: number) => number(value);
