import { type Cell, type Message, message, type ReportTable, type ReportView } from '@mycelium/words';
import { z } from 'zod';
import { count, roomFailure } from './count.ts';
import type { ReportFacts } from './facts.ts';

const computedDay = z.object({
  day: z.iso.date(),
  /** Rows that are new or changed. */
  written: count,
  /** The day's readings were pruned, so its statistics stay as they are. */
  pruned: z.boolean().optional(),
});

export const envStatsReport = computedDay.extend({
  rooms: z.array(
    z.object({
      room: z.string(),
      metrics: z.record(
        z.string(),
        z.object({ count, expectedCount: count, coverage: z.number(), mean: z.number() }),
      ),
    }),
  ),
  noData: z.array(z.string()),
  failed: z.array(roomFailure),
  /** Earlier days of which readings came late, with their rooms. Earlier releases counted their rows in `written`. */
  again: z.array(computedDay.extend({ rooms: z.array(z.string()) })).optional(),
});
type EnvStatsReport = z.output<typeof envStatsReport>;
type Again = NonNullable<EnvStatsReport['again']>[number];

export const envStatsFacts = ({ rooms, noData, failed, pruned }: EnvStatsReport): ReportFacts => ({
  foundNothing: rooms.length === 0 && !pruned,
  roomsWithoutData: noData,
  tried: rooms.length + noData.length + failed.length,
  failed: failed.length,
});

export function showEnvStats(report: EnvStatsReport): ReportView {
  const { day, written, rooms, again = [] } = report;
  const summary = [message('report.env-stats', { n: written, day })];
  const tables = [roomTable(rooms)];
  if (again.length > 0) {
    summary.push(
      message('report.env-stats-again', {
        n: again.reduce((sum, { written }) => sum + written, 0),
        days: again.length,
      }),
    );
    tables.push(againTable(again));
  }
  return { summary, tables, leftOut: leftOut(report) };
}

function leftOut({ day, pruned, noData, failed, again = [] }: EnvStatsReport): Message[] {
  const prunedDays = [{ day, pruned }, ...again].filter((computed) => computed.pruned);
  return [
    ...prunedDays.map((computed) => message('left-out.day-pruned', { day: computed.day })),
    ...(noData.length > 0 ? [message('left-out.no-readings', { rooms: noData.join(', ') })] : []),
    ...failed.map(({ room, error }) => message('left-out.room-failed', { room, error })),
  ];
}

function roomTable(rooms: EnvStatsReport['rooms']): ReportTable {
  return {
    columns: [
      'column.room',
      'column.mean-temperature',
      'column.mean-humidity',
      'column.mean-co2',
      'column.readings',
      'column.expected',
      'column.coverage',
    ],
    rows: rooms.map(roomRow),
  };
}

function againTable(again: Again[]): ReportTable {
  return {
    title: message('report.days-again'),
    columns: ['column.day', 'column.rooms', 'column.rows'],
    rows: again.map(({ day, rooms, written }) => [day, rooms.join(', '), written]),
  };
}

function roomRow({ room, metrics }: EnvStatsReport['rooms'][number]): Cell[] {
  const all = Object.values(metrics);
  const readings = all.reduce((sum, metric) => sum + metric.count, 0);
  const expected = all.reduce((sum, metric) => sum + metric.expectedCount, 0);
  const mean = (name: string, digits: number): Cell =>
    metrics[name] ? { value: metrics[name].mean, digits } : null;
  return [
    room,
    mean('temperature', 1),
    mean('humidity', 1),
    mean('co2', 0),
    readings,
    expected,
    { share: expected > 0 ? readings / expected : null },
  ];
}
