import type { ImplausibleTime, NamedPoint } from '@mycelium/farm';
import type { Plan } from '../plan/plan.ts';
import { nothingWords } from '../values/words.ts';
import { readCell } from './cell.ts';
import { count, type FileReport, refuse } from './report.ts';
import type { Target } from './targets.ts';

/** Why a time in milliseconds since 1970 cannot be right. */
export type TimeJudge = (time: number) => ImplausibleTime | undefined;

export interface FoundReading {
  point: NamedPoint;
  /** Milliseconds since 1970. */
  time: number;
  value: number;
  line: number;
}

export interface Row {
  line: number;
  timeText: string;
  cells: string[];
  /** Only for a row with one value. */
  target?: Target | undefined;
}

/**
 * Returns a function that reads the values of a row whose instant is known, and counts what it finds.
 * @param targets the columns of a wide file
 * @param judge the times that cannot be right: their readings are returned, and counted apart
 * @param found receives the readings
 */
export function createEmitter(
  { form, options }: Plan,
  report: FileReport,
  targets: Target[],
  judge: TimeJudge,
  found: (reading: FoundReading) => void,
): (row: Row, time: number) => void {
  const isNothing = nothingWords(options.missing);
  const temperature = targets.find(({ point }) => point.point === 'temperature');

  return (row, time) => {
    let values = 0;
    if (row.target) {
      if (emitCell(row, row.target, time)) values++;
    } else for (const target of targets) if (emitCell(row, target, time)) values++;
    if (values === 0) report.emptyLines++;
  };

  /** @returns whether the cell has text that is not a word for nothing */
  function emitCell(row: Row, target: Target, time: number): boolean {
    const { report: column } = target;
    const text = (row.cells[target.at] as string).trim();
    if (isNothing(text)) {
      count(column.nothing, text);
      return false;
    }
    const cell = readCell(text, target, () => celsius(row));
    if (cell.value === undefined) {
      if (cell.leftOut !== undefined) count(column.leftOut, cell.leftOut);
      else {
        column.bad++;
        refuse(report, row.line, `${form === 'long' ? 'value' : column.name}: ${cell.bad}`);
      }
      return true;
    }
    const { value } = cell;
    column.readings++;
    report.readings++;
    if (cell.converted) column.converted++;
    const implausible = judge(time);
    if (implausible) column.implausible[implausible] = (column.implausible[implausible] ?? 0) + 1;
    else {
      if (column.first === undefined || time < column.first) column.first = time;
      if (column.last === undefined || time > column.last) column.last = time;
    }
    if (target.before?.time === time && target.before.value !== value) column.sameInstant++;
    target.before = { time, value };
    found({ point: target.point, time, value, line: row.line });
    return true;
  }

  function celsius(row: Row): number | undefined {
    if (!temperature) return undefined;
    const text = (row.cells[temperature.at] as string).trim();
    return isNothing(text) ? undefined : readCell(text, temperature).value;
  }
}
