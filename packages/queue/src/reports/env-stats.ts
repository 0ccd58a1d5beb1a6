import { type Cell, message, type ReportView } from '@mycelium/words';
import { z } from 'zod';
import { count, roomFailure } from './count.ts';
import type { ReportFacts } from './facts.ts';

export const envStatsReport = z.object({
  day: z.iso.date(),
  written: count,
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
});
type EnvStatsReport = z.output<typeof envStatsReport>;

export const envStatsFacts = ({ rooms, noData, failed }: EnvStatsReport): ReportFacts => ({
  foundNothing: rooms.length === 0,
  roomsWithoutData: noData,
  tried: rooms.length + noData.length + failed.length,
  failed: failed.length,
});

export function showEnvStats({ day, written, rooms, noData, failed }: EnvStatsReport): ReportView {
  const leftOut = failed.map(({ room, error }) => message('left-out.room-failed', { room, error }));
  if (noData.length > 0) leftOut.unshift(message('left-out.no-readings', { rooms: noData.join(', ') }));
  return {
    summary: [message('report.env-stats', { n: written, day })],
    tables: [
      {
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
      },
    ],
    leftOut,
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
