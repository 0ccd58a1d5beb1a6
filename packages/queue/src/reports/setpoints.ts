import { message, type ReportTable, type ReportView } from '@mycelium/words';
import { z } from 'zod';
import { count, roomFailure } from './count.ts';
import type { ReportFacts } from './facts.ts';

export const setpointReport = z.object({
  /** The slot: each room's window ends here and starts where its last one ended. */
  to: z.iso.datetime(),
  changes: count,
  rooms: z.array(
    z.object({
      room: z.string(),
      from: z.iso.datetime().nullable(),
      changes: count,
      /** One line per point, however often it changed, so that a flapping value does not drown out the others. */
      points: z.array(
        z.object({
          /** `fresh_air_fan_611.mode` */
          name: z.string(),
          changes: count,
          /** The values before the first change and after the last, as shown to people: `manual`, `15.5 °C`. */
          previous: z.string(),
          value: z.string(),
          flapping: z.boolean(),
        }),
      ),
    }),
  ),
  failed: z.array(roomFailure),
});
type SetpointReport = z.output<typeof setpointReport>;

export const setpointFacts = ({ rooms, failed }: SetpointReport): ReportFacts => ({
  tried: rooms.length + failed.length,
  failed: failed.length,
});

export function showSetpoints({ to, changes, rooms, failed }: SetpointReport): ReportView {
  const tables = [roomTable(rooms, to), pointTable(rooms)].filter(({ rows }) => rows.length > 0);
  return {
    summary: [
      changes > 0 ? message('report.setpoint-changes', { n: changes }) : message('report.no-changes'),
    ],
    tables,
    leftOut: failed.map(({ room, error }) => message('left-out.room-failed', { room, error })),
  };
}

function roomTable(rooms: SetpointReport['rooms'], to: string): ReportTable {
  return {
    columns: ['column.room', 'column.from', 'column.to', 'column.changes'],
    rows: rooms.map(({ room, from, changes }) => [
      room,
      from ? { time: from } : message('report.first-reading'),
      { time: to },
      changes,
    ]),
  };
}

function pointTable(rooms: SetpointReport['rooms']): ReportTable {
  return {
    columns: ['column.room', 'column.point', 'column.changes', 'column.before', 'column.after'],
    rows: rooms.flatMap(({ room, points }) =>
      points.map(({ name, changes, previous, value, flapping }) => [
        room,
        name,
        flapping ? message('report.flapping-changes', { changes }) : changes,
        previous,
        value,
      ]),
    ),
  };
}
