import { type Cell, isCode, message, type ReportTable, type ReportView } from '@mycelium/words';
import { z } from 'zod';
import { count } from './count.ts';
import type { ReportFacts } from './facts.ts';

export const descriptionReport = z.object({
  described: count,
  failed: count,
  /** Undefined in reports of older workers. */
  seconds: z.number().optional(),
  /** As the server counts them: 0 if it does not. */
  tokens: z.object({ question: count, answer: count }).optional(),
});

const imageTotals = z.object({ total: count, succeeded: count, failed: count, skipped: count });
type ImageTotals = z.output<typeof imageTotals>;

export const imageReport = imageTotals.extend({
  day: z.iso.date().nullable(),
  /** Images of earlier days that came too late for the run of their own day. They are among the totals. */
  late: z.object({ images: count, days: z.array(z.iso.date()) }).optional(),
  /** What the descriptions of this day's images have cost so far: they are made later. */
  descriptions: descriptionReport.optional(),
  successRate: z.number().nullable(),
  rooms: z.record(z.string(), imageTotals),
  seconds: z.number(),
  model: z.string(),
  saved: z.boolean(),
  database: z.object({ images: count, embeddings: count, quarantined: count }),
});
type ImageReport = z.output<typeof imageReport>;

export const batchReport = z.object({
  rooms: z.record(z.string(), imageTotals),
  failures: z.array(z.object({ key: z.string(), reason: z.string() })),
});

/** Without `foundNothing`, since a person who selects images sees for themselves if there are none. */
export const requestedImageFacts = ({ successRate, succeeded, failed }: ImageReport): ReportFacts => ({
  ...(successRate !== null && { failureRate: 1 - successRate }),
  tried: succeeded + failed,
  failed,
});

export const imageFacts = (report: ImageReport): ReportFacts => ({
  ...requestedImageFacts(report),
  foundNothing: report.total === 0,
});

export function showImages(report: ImageReport): ReportView {
  const { model, seconds, saved, succeeded, failed, rooms, late, day, descriptions } = report;
  const { images, embeddings, quarantined } = report.database;
  const tried = succeeded + failed;
  return {
    summary: [
      tried > 0
        ? message('report.images', { succeeded, n: tried, seconds: Number(seconds.toFixed(1)), model })
        : message('report.no-images'),
      ...(late ? [message('report.images-late', { n: late.images, days: late.days.join(', ') })] : []),
      ...(saved ? [] : [message('report.not-saved')]),
      message('report.database', { n: images, embeddings, quarantined }),
      ...(descriptions
        ? [
            message('report.described-so-far', { n: descriptions.described, day: day ?? '' }),
            ...cost(descriptions),
          ]
        : []),
    ],
    tables: [roomTable(rooms, report)],
    leftOut: [...leftOut(report), ...(descriptions ? undescribed(descriptions) : [])],
  };
}

export function showBatch({ rooms, failures }: z.output<typeof batchReport>): ReportView {
  const totals = Object.values(rooms).reduce(add, { total: 0, succeeded: 0, failed: 0, skipped: 0 });
  const tables = [roomTable(rooms, totals)];
  if (failures.length > 0) {
    tables.push({
      columns: ['column.key', 'column.reason'],
      rows: failures.map(({ key, reason }) => [key, why(reason)]),
    });
  }
  return {
    summary: [message('report.batch', { succeeded: totals.succeeded, n: totals.total })],
    tables,
    leftOut: leftOut(totals),
  };
}

/** Shown as is if a newer worker wrote a reason that this program has no text for. */
function why(reason: string): Cell {
  const code = `reason.${reason}`;
  return isCode(code) ? message(code) : reason;
}

type Descriptions = z.output<typeof descriptionReport>;

export function showDescriptions(report: Descriptions): ReportView {
  return {
    summary: [message('report.described', { n: report.described }), ...cost(report)],
    tables: [],
    leftOut: undescribed(report),
  };
}

const cost = ({ seconds, tokens }: Descriptions) =>
  seconds === undefined
    ? []
    : [message('report.description-cost', { seconds: Number(seconds.toFixed(1)), ...tokens })];

const undescribed = ({ failed }: Descriptions) =>
  failed > 0 ? [message('left-out.descriptions-failed', { n: failed })] : [];

function leftOut({ failed, skipped }: ImageTotals) {
  return [
    ...(failed > 0 ? [message('left-out.images-failed', { n: failed })] : []),
    ...(skipped > 0 ? [message('left-out.images-skipped', { n: skipped })] : []),
  ];
}

function roomTable(rooms: Record<string, ImageTotals>, all: ImageTotals): ReportTable {
  return {
    columns: [
      'column.room',
      'column.total',
      'column.succeeded',
      'column.failed',
      'column.skipped',
      'column.success-rate',
    ],
    rows: [
      ...Object.entries(rooms).map(([room, totals]) => totalsRow(room, totals)),
      totalsRow(message('report.all-rooms'), all),
    ],
  };
}

function totalsRow(name: Cell, { total, succeeded, failed, skipped }: ImageTotals): Cell[] {
  const tried = succeeded + failed;
  return [name, total, succeeded, failed, skipped, { share: tried > 0 ? succeeded / tried : null }];
}

function add(sum: ImageTotals, one: ImageTotals): ImageTotals {
  return {
    total: sum.total + one.total,
    succeeded: sum.succeeded + one.succeeded,
    failed: sum.failed + one.failed,
    skipped: sum.skipped + one.skipped,
  };
}
