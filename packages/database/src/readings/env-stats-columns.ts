import type { Day, Metric, Sampling } from '@mycelium/farm';

/** The type of a column's values, by the names used below. A question mark after the name means it may be null. */
interface Kinds {
  text: string;
  day: Day;
  metric: Metric;
  sampling: Sampling;
  int: number;
  float: number;
  instant: Date;
  /** An interval. The column in the table has the name without `_seconds`. */
  seconds: number;
}
export type ColumnKind = keyof Kinds;

/**
 * The columns of `env_daily_stats`, in export order. The row's interface, insert and select, the export and the API are
 * derived from this table: a new column needs a migration, a line here and its computation.
 */
const columns = {
  room: 'text',
  day: 'day',
  metric: 'metric',
  count: 'int',
  expected_count: 'int',
  coverage: 'float', // count / expected_count, or the share of the day in which an on-change value held; 0–1
  longest_gap_seconds: 'seconds',
  bad_count: 'int', // left out: implausible values, jumps and frozen values
  min: 'float',
  min_at: 'instant',
  max: 'float',
  max_at: 'instant',
  mean: 'float',
  time_weighted_mean: 'float',
  p5: 'float',
  q25: 'float',
  median: 'float',
  q75: 'float',
  p95: 'float',
  minutes_below: 'float?', // against the band; null where there is none
  minutes_above: 'float?',
  saturated_minutes: 'float?', // this and the next four are null in rows of earlier releases
  ceiling_minutes: 'float?',
  unmoved_minutes: 'float?', // the longest stretch of one value, including frozen ones
  frozen_count: 'int?', // part of bad_count
  sampling: 'sampling?',
  growth_day: 'int?',
  phase: 'text?',
  time_zone: 'text',
} as const;

type Columns = typeof columns;
type Value<Type> = Type extends `${infer Kind extends ColumnKind}?`
  ? Kinds[Kind] | null
  : Type extends ColumnKind
    ? Kinds[Type]
    : never;
type CamelCase<Name extends string> = Name extends `${infer First}_${infer Rest}`
  ? `${First}${Capitalize<CamelCase<Rest>>}`
  : Name;

/** A room's metric on a day: `{ room, day, metric, count, expectedCount, … }`. */
export type EnvStatsRow = { -readonly [Name in keyof Columns as CamelCase<Name>]: Value<Columns[Name]> };
/** The same with the names used in exports: `{ room, day, metric, count, expected_count, … }`. */
export type ExportedStats = { -readonly [Name in keyof Columns]: Value<Columns[Name]> };

export interface EnvStatsColumn {
  /** In exports: `longest_gap_seconds`. */
  name: keyof ExportedStats;
  /** In code and JSON: `longestGapSeconds`. */
  field: keyof EnvStatsRow;
  kind: ColumnKind;
  nullable: boolean;
}

export const envStatsColumns = Object.entries(columns).map(([name, type]) => ({
  name,
  field: name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
  kind: type.replace('?', ''),
  nullable: type.endsWith('?'),
})) as EnvStatsColumn[];

const storedAs: Record<ColumnKind, string> = {
  text: 'text',
  day: 'date',
  metric: 'text',
  sampling: 'text',
  int: 'int',
  float: 'float8',
  instant: 'timestamptz',
  seconds: 'interval',
};

/** The columns as stored, with the function that returns a row's value for `unnest`. */
export const storedColumns = envStatsColumns.map(({ name, field, kind }) => ({
  column: kind === 'seconds' ? name.replace(/_seconds$/, '') : name,
  type: storedAs[kind],
  value: (row: EnvStatsRow) => (kind === 'seconds' ? `${row[field]} seconds` : row[field]),
}));

/** A select list of every column, with the names used in code or in exports. */
export function selectStats(as: 'field' | 'name'): string {
  return envStatsColumns
    .map((column, n) => {
      const stored = `env_daily_stats.${storedColumns[n]?.column}`;
      const value = column.kind === 'seconds' ? `extract(epoch from ${stored})::float8` : stored;
      return `${value} as "${column[as]}"`;
    })
    .join(', ');
}
