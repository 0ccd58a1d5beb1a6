import { PermanentError } from '@mycelium/farm';
import { findLayout, type Layout } from '../layout/layout.ts';
import { parseSeparator } from '../layout/separator.ts';
import { findProfile } from '../profiles/all.ts';
import type { ProfileSettings } from '../profiles/profile.ts';
import { parseEncoding } from '../text/encoding.ts';
import { openText, type TextFile } from '../text/read-lines.ts';
import { plainText } from '../text/split-line.ts';
import { visible } from '../text/visible.ts';
import type { NumberEvidence, NumberFormat } from '../values/number.ts';
import { decideFormat } from '../values/number.ts';
import { columnAt, findTimeColumns, namedTimeColumns, type TimeColumns, timeText } from './find-times.ts';
import type { ReadingOptions } from './options.ts';
import type { Plan } from './plan.ts';
import { planColumns } from './plan-columns.ts';
import { planTime } from './plan-time.ts';
import { parseMap } from './point-names.ts';
import { createSamples, createTimeSamples, type Samples } from './samples.ts';

const headLines = 2_000;
export const longColumns = ['time', 'room', 'device', 'point', 'value'] as const;

/**
 * Finds out what a file is and how to read it.
 * @throws PermanentError when the file or the options do not fit together; what only needs a decision is in `open`
 */
export async function makePlan(file: string, options: ReadingOptions): Promise<Plan> {
  const text = await openText(file, options.encoding ? parseEncoding(options.encoding) : undefined);
  const head = await readHead(text);
  if (head.length === 0) throw new PermanentError('empty_file', `${file} is empty.`);
  const layout = findLayout(head, {
    separator: options.separator === undefined ? undefined : parseSeparator(options.separator),
    headerLine: options.headerLine,
    columns: expectedColumns(options),
    mapped: options.maps?.map((map) => plainText(parseMap(map).column)),
  });
  const found = findProfile(layout, options.profile);
  const settings = found?.settings ?? {};
  const form = settings.series ? 'series' : isLong(layout, options) ? 'long' : 'wide';
  const samples = createSamples(layout, 500);
  samples.add(head.slice(layout.dataLine - 1));
  const times = timeColumns(layout, samples.rows, options, settings, form);
  const timeSamples = createTimeSamples();
  for (const row of samples.rows) timeSamples.add(timeText(row, times));

  let time = planTime(layout, times, timeSamples.list(), options, settings);
  const plain = form === 'long' && layout.separator === ',';
  const undecided =
    time.open.length > 0 || (options.decimal === undefined && layout.separator !== ',' && !plain);
  if (undecided && head.length >= headLines) {
    await readAll(text, layout, samples, (row) => timeSamples.add(timeText(row, times)));
    time = planTime(layout, times, timeSamples.list(), options, settings);
  }
  const plan: Plan = {
    text,
    layout,
    options,
    profile: found?.profile,
    form,
    time: time.planned,
    columns: [],
    series: settings.series,
    numbers: { decimal: options.decimal ?? '.', thousands: options.decimal !== undefined },
    proposed: false,
    unread: [],
    assumed: [],
    open: [...time.open],
  };
  if (plan.time.zoneFrom === 'header')
    plan.assumed.push(`Times are in ${plan.time.zone}, as the header says.`);
  const numbersOf = numberFormats(plan, samples, times);
  planColumns(plan, settings, samples.rows, numbersOf);
  plan.open = plan.open.map(visible);
  return plan;
}

async function readHead(text: TextFile): Promise<string[]> {
  const lines: string[] = [];
  for await (const block of text.blocks()) {
    lines.push(...block.lines.slice(0, headLines - lines.length));
    if (lines.length >= headLines) break;
  }
  return lines;
}

/** Reads the whole file once more where its beginning does not decide. */
async function readAll(text: TextFile, layout: Layout, samples: Samples, onRow: (row: string[]) => void) {
  const all = createSamples(layout, Number.POSITIVE_INFINITY);
  for await (const { line, lines } of text.blocks()) {
    all.add(lines.slice(Math.max(0, layout.dataLine - line)));
    for (const row of all.rows) onRow(row);
    all.rows.length = 0;
  }
  samples.evidence = all.evidence;
}

function isLong({ columns }: Layout, { maps, timeColumns }: ReadingOptions): boolean {
  if (maps?.length) return false;
  return longColumns.every((name) => columns.includes(name) || (name === 'time' && timeColumns?.length));
}

function expectedColumns({ timeColumns, maps }: ReadingOptions): string[] {
  const [column] = timeColumns ?? [];
  if (column && !column.includes('+')) return [plainText(column)];
  return maps?.length ? [] : [...longColumns];
}

function timeColumns(
  layout: Layout,
  rows: string[][],
  { timeColumns: named }: ReadingOptions,
  settings: ProfileSettings,
  form: Plan['form'],
): TimeColumns {
  if (named?.length) return namedTimeColumns(layout, named);
  if (settings.timeColumn) return namedTimeColumns(layout, [settings.timeColumn]);
  if (form === 'long') return { columns: ['time'], at: [columnAt(layout, 'time')], hhmm: false };
  const found = findTimeColumns(layout, rows);
  if (found) return found;
  const named2 = layout.columns.find((name) => /^(time|date ?time|timestamp)$/i.test(name));
  if (named2) return namedTimeColumns(layout, [named2]);
  const names = layout.columns.map((name) => name || '(no name)').join(', ');
  throw new PermanentError(
    'no_time_column',
    `No column with times was found. Add --time-column NAME; the columns are ${names}. A long file has the columns ${longColumns.join(',')}.`,
  );
}

/** @returns the number format of a column by position; undecided ones go into `open` */
function numberFormats(plan: Plan, { evidence }: Samples, times: TimeColumns): (at: number) => NumberFormat {
  const { options, layout } = plan;
  const whole: NumberEvidence = { point: 0, comma: 0 };
  for (const [at, { point, comma }] of evidence.entries()) {
    if (times.at.includes(at)) continue;
    whole.point += point;
    whole.comma += comma;
  }
  return (at) => {
    if (options.decimal) return { decimal: options.decimal, thousands: true };
    const own = evidence[at] ?? { point: 0, comma: 0 };
    const format = decideFormat(own, whole, layout.separator);
    if (format) return format;
    const name = layout.columns[at] ?? '';
    const digits = own.unclear?.replace(/[.,]/g, '');
    plan.open.push(
      `${name}: "${own.unclear}" can be ${digits} or ${own.unclear?.replace(',', '.')}. Add --decimal . or --decimal ,`,
    );
    return { decimal: '.', thousands: false };
  };
}
