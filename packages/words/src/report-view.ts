import type { Code } from './dictionary.ts';
import type { Message } from './message.ts';

/** A value that each reader formats for themselves: a share of 0–1 as a percentage, a value with
 * so many decimals, an instant in the farm's zone. */
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
  /** One cell a column. Numbers align right. */
  rows: Cell[][];
}

/** A job's report as people read it, in the console and on the command line alike. */
export interface ReportView {
  /** The decisive number comes first. */
  summary: Message[];
  tables: ReportTable[];
  /** What is not in the numbers, and why. */
  leftOut: Message[];
}
