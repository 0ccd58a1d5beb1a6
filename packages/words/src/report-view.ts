import type { Code } from './english.ts';
import type { Message } from './message.ts';

/**
 * A value that each reader formats for themselves: a share of 0–1 as a percentage, a value with a number of decimals,
 * an instant in the farm's zone.
 */
export type Cell =
  | string
  | number
  | null
  | Message
  | { share: number | null }
  | { value: number; digits: number }
  | { time: string }
  | { seconds: number };

export interface ReportTable {
  title?: Message;
  columns: Code[];
  /** One cell per column. Numbers are right-aligned. */
  rows: Cell[][];
}

/** A job's report for display, in the console and on the command line alike. */
export interface ReportView {
  /** The decisive number comes first. */
  summary: Message[];
  tables: ReportTable[];
  /** What the numbers leave out, and why. */
  leftOut: Message[];
}
