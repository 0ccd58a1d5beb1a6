import { PermanentError } from '@mycelium/farm';
import { timeText } from '../plan/find-times.ts';
import type { Plan } from '../plan/plan.ts';
import { createTimeReader } from '../times/instants.ts';
import { createRepeatedHours } from '../times/repeated-hour.ts';
import { createEmitter, type FoundReading, type Row, type TimeJudge } from './emit.ts';
import { badLine, createSkipper, createSplitter } from './lines.ts';
import { type FileReport, newReport, refuse } from './report.ts';
import { longTargets, plannedTarget, seriesTargets } from './targets.ts';

export interface FileReader {
  report: FileReport;
  /** Reads the next lines of the file, from its first line on. */
  read(line: number, lines: readonly string[]): FoundReading[];
  /** Returns the readings that waited for later lines. */
  end(): FoundReading[];
  /** Counts a reading that was returned but cannot be stored. */
  refuse(reading: Pick<FoundReading, 'line' | 'point'>, reason: string): void;
}

/**
 * Creates a reader that executes a plan.
 * @param judge the times that cannot be right: their readings are returned, and counted apart
 */
export function createFileReader(plan: Plan, judge: TimeJudge = () => undefined): FileReader {
  const { layout, time, options, form } = plan;
  const report = newReport();
  let ready: FoundReading[] = [];
  const readTime = createTimeReader(time.zone, time.format);
  const targets = form === 'wide' ? plan.columns.map((column) => plannedTarget(plan, report, column)) : [];
  const targetOf = { wide: undefined, long: longTargets, series: seriesTargets }[form]?.(plan, report);
  const emit = createEmitter(plan, report, targets, judge, (reading) => ready.push(reading));
  const skip = createSkipper(layout);
  const split = createSplitter(layout);
  const hours = createRepeatedHours<Row>(
    (row, instant) => {
      if (instant !== undefined) {
        report.repeatedHour++;
        emit(row, instant);
      } else refuse(report, row.line, twice(row.timeText, time.zone));
    },
    ({ cells }) => cells.join('\n'),
    options.repeatedHour,
  );

  return {
    report,
    read(line, lines) {
      for (const [n, text] of lines.entries()) readLine(line + n, text);
      return take();
    },
    end() {
      hours.end();
      return take();
    },
    refuse({ line, point }, reason) {
      report.readings--;
      for (const column of report.columns) if (column.point === point) column.readings--;
      refuse(report, line, reason);
    },
  };

  function take(): FoundReading[] {
    const found = ready;
    ready = [];
    return found;
  }

  function readLine(line: number, text: string): void {
    if (line < layout.dataLine || text === '') return;
    try {
      if (skip(text)) return;
      report.lines++;
      const cells = split(text);
      const target = targetOf?.(cells);
      if (targetOf && !target) return;
      const row: Row = { line, cells, timeText: timeText(cells, time), target };
      if (row.timeText === '') throw badLine('no time');
      const instant = hours.push(readTime(row.timeText), target?.report.name ?? '', row);
      if (instant !== undefined) emit(row, instant);
    } catch (error) {
      if (!(error instanceof PermanentError)) throw error;
      refuse(report, line, withHint(error.message));
    }
  }
}

function twice(timeText: string, zone: string): string {
  return `"${timeText}" occurs twice in ${zone}, and the rows around it do not show which one it is; add --repeated-hour first or second, or --zone with its offset if the logger does not change its clock`;
}

function withHint(message: string): string {
  if (!message.includes('a clock change skips it')) return message;
  return `${message}; if the logger does not change its clock, add --zone with its offset, such as --zone +01:00`;
}
