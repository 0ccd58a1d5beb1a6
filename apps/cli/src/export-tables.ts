import {
  type ColumnKind,
  changesBetween,
  envStatsColumns,
  type Pool,
  readingsBetween,
  statsOfDay,
} from '@mycelium/database';
import { type Day, dayBounds, daysBetween } from '@mycelium/farm';

export interface Column {
  name: string;
  type: 'STRING' | 'INT32' | 'DOUBLE' | 'TIMESTAMP';
}
export type Row = Record<string, string | number | Date | null>;

export interface Selection {
  pool: Pool;
  timeZone: string;
  /** Local days, both included. */
  from: Day;
  to: Day;
  rooms?: string[] | undefined;
  onDay?: ((done: number, total: number) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export interface Table {
  columns: Column[];
  /** Yields at most a day's rows at a time, to keep memory small. */
  rows: (selection: Selection) => AsyncGenerator<Row[]>;
}

function columns(type: Column['type'], ...names: string[]): Column[] {
  return names.map((name) => ({ name, type }));
}

const exportTypes: Record<ColumnKind, Column['type']> = {
  text: 'STRING',
  day: 'STRING',
  metric: 'STRING',
  sampling: 'STRING',
  int: 'INT32',
  float: 'DOUBLE',
  instant: 'TIMESTAMP',
  seconds: 'DOUBLE',
};

/** What can be exported. Instants are UTC. Column names never change: other programs read them. */
export const tables = {
  stats: {
    columns: envStatsColumns.map(({ name, kind }) => ({ name, type: exportTypes[kind] })),
    async *rows(selection) {
      for (const { day } of daysOf(selection)) yield await statsOfDay(selection.pool, day, selection.rooms);
    },
  },
  changes: {
    columns: [
      ...columns('TIMESTAMP', 'time'),
      ...columns('STRING', 'room', 'device', 'point'),
      ...columns('DOUBLE', 'previous', 'value'),
      ...columns('STRING', 'previous_label', 'value_label', 'unit'),
      ...columns('DOUBLE', 'threshold'),
    ],
    async *rows(selection) {
      for (const { start, end } of daysOf(selection)) {
        const changes = await changesBetween(selection.pool, start, end, selection.rooms);
        yield changes.map((change): Row => ({ ...change }));
      }
    },
  },
  /** In the long form that `import readings` reads. */
  readings: {
    columns: [
      ...columns('TIMESTAMP', 'time'),
      ...columns('STRING', 'room', 'device', 'point'),
      ...columns('DOUBLE', 'value'),
    ],
    async *rows(selection) {
      const { pool, rooms, signal } = selection;
      for (const { start, end } of daysOf(selection)) {
        for await (const { point, times, values } of readingsBetween(pool, start, end, rooms, signal)) {
          const { room, device, point: name } = point;
          yield Array.from(times, (time, n) => ({
            time: new Date(time),
            room,
            device,
            point: name,
            value: values[n] as number,
          }));
        }
      }
    },
  },
} satisfies Record<string, Table>;

function* daysOf({ from, to, timeZone, onDay, signal }: Selection) {
  const days = daysBetween(from, to);
  for (const [n, day] of days.entries()) {
    signal?.throwIfAborted();
    yield { day, ...dayBounds(day, timeZone) };
    onDay?.(n + 1, days.length);
  }
}
