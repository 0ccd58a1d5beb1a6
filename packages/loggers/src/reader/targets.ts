import { type NamedPoint, wrongName } from '@mycelium/farm';
import { columnAt } from '../plan/find-times.ts';
import type { Plan, PlannedColumn } from '../plan/plan.ts';
import { seriesName } from '../plan/plan-columns.ts';
import type { CellFormat } from './cell.ts';
import { badLine } from './lines.ts';
import { type ColumnReport, count, type FileReport, newColumn } from './report.ts';

/** A column or series while it is read. */
export interface Target extends CellFormat {
  report: ColumnReport;
  point: NamedPoint;
  /** The position of its value in a row. */
  at: number;
  before?: { time: number; value: number };
}

export function plannedTarget(plan: Plan, report: FileReport, column: PlannedColumn): Target {
  const { name, at, point, numbers, conversion } = column;
  const how = conversion && `${conversion.from} to ${conversion.to}`;
  const unit = plan.options.unitOf?.(point);
  return { report: newColumn(report, name, point, how), point, at, numbers, conversion, unit };
}

/** Finds the target of a row of a long file by its names. @throws PermanentError for names that are not valid */
export function longTargets(plan: Plan, report: FileReport): (cells: string[]) => Target {
  const { layout, numbers, options } = plan;
  const [room, device, point, value] = ['room', 'device', 'point', 'value'].map((name) =>
    columnAt(layout, name),
  ) as [number, number, number, number];
  const known = new Map<string, Target>();
  return (cells) => {
    const cell = (at: number) => (cells[at] as string).trim();
    const key = `${cell(room)}/${cell(device)}/${cell(point)}`;
    let target = known.get(key);
    if (!target) {
      const named = { room: cell(room), device: cell(device), point: cell(point) };
      const wrong = wrongName(named);
      if (wrong) throw badLine(wrong);
      const column = newColumn(report, key, named);
      target = { report: column, point: named, at: value, numbers, unit: options.unitOf?.(named) };
      known.set(key, target);
    }
    return target;
  };
}

/** Finds the target of a row by its series; rows of series that are not mapped are counted. */
export function seriesTargets(plan: Plan, report: FileReport): (cells: string[]) => Target | undefined {
  const { layout, series } = plan;
  const names = series?.names.map((name) => columnAt(layout, name)) ?? [];
  const at = columnAt(layout, series?.value ?? '');
  const planned = new Map(
    plan.columns.map((column) => [column.name, plannedTarget(plan, report, { ...column, at })]),
  );
  return (cells) => {
    const name = seriesName(cells, names);
    const target = planned.get(name);
    if (!target) count(report.unread, name);
    return target;
  };
}
