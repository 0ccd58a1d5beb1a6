import { type NamedPoint, wrongName } from '@mycelium/farm';
import { columnAt } from '../plan/find-times.ts';
import type { Plan, PlannedColumn } from '../plan/plan.ts';
import { seriesName } from '../plan/plan-columns.ts';
import { conversion } from '../units/convert.ts';
import { readUnit } from '../units/unit.ts';
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
  const { name, at, point, numbers, conversion: convert } = column;
  const how = convert && `${convert.from} to ${convert.to}`;
  const unit = plan.options.unitOf?.(point);
  return { report: newColumn(report, name, point, how), point, at, numbers, conversion: convert, unit };
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

/**
 * Finds the target of a row by its series; rows of series that are not mapped are counted. Each row is read in its own
 * unit: home automation changes the unit of a series when its user does.
 */
export function seriesTargets(plan: Plan, report: FileReport): (cells: string[]) => Target | undefined {
  const { layout, series } = plan;
  const names = series?.names.map((name) => columnAt(layout, name)) ?? [];
  const at = columnAt(layout, series?.value ?? '');
  const unitAt = series?.unit === undefined ? -1 : columnAt(layout, series.unit);
  const plannedUnits = new Map(plan.columns.map((column) => [column.name, column]));
  const planned = new Map(
    plan.columns.map((column) => [column.name, plannedTarget(plan, report, { ...column, at })]),
  );
  const inUnits = new Map<string, Target>();
  return (cells) => {
    const name = seriesName(cells, names);
    const target = planned.get(name);
    if (!target) count(report.unread, name);
    if (unitAt < 0 || !target) return target;
    const key = `${name}\n${cells[unitAt]}`;
    const known = inUnits.get(key) ?? targetIn(target, plannedUnits.get(name), cells[unitAt] as string);
    inUnits.set(key, known);
    return known;
  };
}

/** The same series in the unit of a row. */
function targetIn(target: Target, planned: PlannedColumn | undefined, text: string): Target {
  const { unit = text.trim() } = readUnit(text);
  if (planned?.unitSet || !target.unit || unit === '' || unit === planned?.unit) return target;
  if (unit === target.unit) return { ...target, conversion: undefined };
  const convert = conversion(unit, target.unit);
  if (!convert) return { ...target, leftOut: `in ${unit}, not ${target.unit}` };
  const how = `${convert.from} to ${convert.to}`;
  target.report.conversion = [target.report.conversion, how].filter(Boolean).join(' and ');
  return { ...target, conversion: convert };
}
