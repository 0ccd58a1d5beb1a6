import { readFileSync } from 'node:fs';
import { describeMachine } from './circumstances.ts';
import { comparisons } from './criteria.ts';
import { replaceBlock, staleNote, table } from './page.ts';
import { type CarriedOver, fingerprintOf, type KeptBench, type KeptRow, readRows } from './rows.ts';

const carriedOverNote = 'carried over from the page of the previous release, not measured by this code';

export const page = new URL('../../docs/performance.md', import.meta.url);

/** Renders docs/performance.md with the table of stored rows. `benches` maps benchmark ids to files. */
export function renderPage(benches: Map<string, string>, text = readFileSync(page, 'utf8')): string {
  const ids = [...benches.keys()].sort();
  const measured = ids.flatMap((id) => readRows(id) ?? []).filter((kept) => 'machine' in kept);
  const headings = ['', 'ours', 'naive way', 'limit', 'release before', 'n:', 'measured'];
  const rows = ids.flatMap((id) => rowsOf(id, benches.get(id) as string, readRows(id)));
  const compared = ids.map((id) => [id, comparisons[id]?.naive ?? '–', comparisons[id]?.limit ?? '–']);
  const machines = Map.groupBy(measured, ({ machine }) => describeMachine(machine));
  const lines = [...machines].map(
    ([machine, benches]) => `- ${benches.map(({ id }) => id).join(', ')}: ${machine}`,
  );
  return replaceBlock(
    replaceBlock(text, 'results', `${table(headings, rows)}\n\n${lines.join('\n')}`),
    'comparisons',
    table(['', 'the naive way', 'the limit'], compared),
  );
}

export function rowsOf(id: string, file: string, kept: KeptBench | CarriedOver | undefined): string[][] {
  if (!kept) return [[id, '–', '–', '–', '–', '–', 'not run yet']];
  if ('carriedOver' in kept) return kept.rows.map((cells) => [...cells, '–', '–', carriedOverNote]);
  const stale = kept.fingerprint === fingerprintOf(id, file) ? '' : `; ${staleNote}`;
  const measured = `${kept.date}, ${kept.commit ?? 'unknown commit'}${stale}`;
  return kept.rows.map((row) => [
    `${id} ${row.case}${row.note ? ` (${row.note})` : ''}`,
    `${number(row.ours)} ${row.unit}`,
    against(row.vsNaive, row.atLeast.naive, times),
    against(row.vsLimit, row.atLeast.limit, share),
    before(row),
    row.n.toLocaleString('en'),
    measured,
  ]);
}

/** A ratio with its target, in bold if it misses the target. */
function against(ratio: number | null, atLeast: number | null, print: (value: number) => string): string {
  if (ratio === null) return '–';
  const shown = print(ratio);
  if (atLeast === null) return shown;
  return `${ratio < atLeast ? `**${shown}**` : shown} (≥ ${atLeast})`;
}

function before({ before }: KeptRow): string {
  return before ? `${times(before.ratio)} of ${before.commit ?? 'it'}, ${before.rounds} rounds` : '–';
}

const number = (value: number) =>
  Number(value.toPrecision(3)).toLocaleString('en', { maximumFractionDigits: 6 });
const times = (value: number) => `${number(value)}×`;
const share = (value: number) => number(value);
