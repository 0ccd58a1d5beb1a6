import type { ImplausibleTime, NamedPoint } from '@mycelium/farm';
import { visible } from '../text/visible.ts';

/** What was read from a column, a series, or for a point of a long file. */
export interface ColumnReport {
  name: string;
  point: NamedPoint;
  readings: number;
  /** Cells without a reading, by the word that they have; `''` for empty ones. */
  nothing: Record<string, number>;
  /** Readings whose unit was converted, and how. */
  converted: number;
  conversion?: string | undefined;
  /** Values that are not stored, by reason. */
  leftOut: Record<string, number>;
  /** Readings whose time cannot be right, by reason. */
  implausible: Partial<Record<ImplausibleTime, number>>;
  /** Cells that cannot be read. */
  bad: number;
  /** Milliseconds since 1970, without implausible times. */
  first?: number | undefined;
  last?: number | undefined;
  /** Readings with another value at the instant of the one before them. */
  sameInstant: number;
}

export interface FileReport {
  /** Lines after the header, without blank ones. */
  lines: number;
  /** Of these, lines without a value in any column that is read. */
  emptyLines: number;
  readings: number;
  /** Lines whose time occurs twice because of a clock change, and that were placed by the lines around them. */
  repeatedHour: number;
  /** Lines with something that cannot be read. */
  badLines: number;
  /** The first hundred of them. */
  bad: { line: number; reason: string }[];
  columns: ColumnReport[];
  /** Readings of series that are not mapped. */
  unread: Record<string, number>;
}

const listed = 100;

export function newReport(): FileReport {
  return {
    lines: 0,
    emptyLines: 0,
    readings: 0,
    repeatedHour: 0,
    badLines: 0,
    bad: [],
    columns: [],
    unread: {},
  };
}

export function newColumn(
  report: FileReport,
  name: string,
  point: NamedPoint,
  conversion?: string,
): ColumnReport {
  const column: ColumnReport = {
    name,
    point,
    readings: 0,
    nothing: {},
    converted: 0,
    ...(conversion !== undefined && { conversion }),
    leftOut: {},
    implausible: {},
    bad: 0,
    sameInstant: 0,
  };
  report.columns.push(column);
  return column;
}

export function count(counts: Record<string, number>, key: string): void {
  const name = visible(key);
  counts[name] = (counts[name] ?? 0) + 1;
}

/** Counts a line once, however many of its cells are bad. */
export function refuse(report: FileReport, line: number, reason: string): void {
  const last = report.bad[report.bad.length - 1];
  if (last?.line !== line) report.badLines++;
  if (report.bad.length >= listed) return;
  report.bad.push({ line, reason: visible(reason) });
}
