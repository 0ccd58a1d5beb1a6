import { metrics } from '@mycelium/farm';
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

/** A sensor that was frozen, in saturated air or at its ceiling for some time of the day. */
const sensorNote = z.object({
  room: z.string(),
  day: z.iso.date(),
  metric: z.enum(metrics),
  state: z.enum(['frozen', 'saturated', 'ceiling']),
  minutes: z.number(),
  /** The sensor that was frozen, and how many of its readings were left out. */
  device: z.string().optional(),
  readings: count.optional(),
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
  /** Of earlier days too. Earlier releases did not report them. */
  sensors: z.array(sensorNote).optional(),
});
type EnvStatsReport = z.output<typeof envStatsReport>;
type SensorNote = z.output<typeof sensorNote>;
type Again = NonNullable<EnvStatsReport['again']>[number];

export const envStatsFacts = ({ rooms, noData, failed, pruned }: EnvStatsReport): ReportFacts => ({
  foundNothing: rooms.length === 0 && !pruned,
  roomsWithoutData: noData,
  tried: rooms.length + noData.length + failed.length,
  failed: failed.length,
});

export function showEnvStats(report: EnvStatsReport): ReportView {
  const { day, written, rooms, again = [], sensors = [] } = report;
  const summary = [message('report.env-stats', { n: written, day })];
  const tables = [roomTable(rooms)];
  if (sensors.length > 0) tables.push(sensorTable(sensors));
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

function leftOut({ day, pruned, noData, failed, again = [], sensors = [] }: EnvStatsReport): Message[] {
  const prunedDays = [{ day, pruned }, ...again].filter((computed) => computed.pruned);
  return [
    ...prunedDays.map((computed) => message('left-out.day-pruned', { day: computed.day })),
    ...(noData.length > 0 ? [message('left-out.no-readings', { rooms: noData.join(', ') })] : []),
    ...sensors.filter(({ state }) => state === 'frozen').map(frozenSensor),
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

function frozenSensor({ room, day, metric, minutes, device = '', readings = 0 }: SensorNote): Message {
  const params = { n: readings, room, day, device, metric: `sensor.${metric}`, hours: hoursOf(minutes) };
  return message('left-out.frozen', params);
}

function hoursOf(minutes: number): number {
  return Math.round(minutes / 6) / 10;
}

function sensorTable(sensors: SensorNote[]): ReportTable {
  return {
    title: message('report.sensors'),
    columns: ['column.day', 'column.room', 'column.metric', 'column.state', 'column.hours'],
    rows: sensors.map(({ day, room, metric, state, minutes }) => [
      day,
      room,
      message(`sensor.${metric}`),
      message(`sensor.${state}`),
      { value: hoursOf(minutes), digits: 1 },
    ]),
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
