import { PermanentError } from '@mycelium/farm';
import type { ProfileSettings } from '../profiles/profile.ts';
import { plainText } from '../text/split-line.ts';
import { visible } from '../text/visible.ts';
import { conversion } from '../units/convert.ts';
import { type NamedUnit, readUnit, unitInName } from '../units/unit.ts';
import { type NumberFormat, readNumber } from '../values/number.ts';
import { nothingWords } from '../values/words.ts';
import { columnAt } from './find-times.ts';
import type { Plan, PlannedColumn } from './plan.ts';
import { type Mapping, namedPoint, parseMap, proposeMappings } from './point-names.ts';

/** Plans which columns or series are read, and as which points. */
export function planColumns(
  plan: Plan,
  settings: ProfileSettings,
  rows: string[][],
  numbersOf: (at: number) => NumberFormat,
): void {
  if (plan.form === 'long') {
    plan.numbers = numbersOf(columnAt(plan.layout, 'value'));
    return;
  }
  const sources = plan.form === 'series' ? seriesIn(plan, rows) : columnsIn(plan);
  if (plan.form === 'series') plan.numbers = numbersOf(columnAt(plan.layout, plan.series?.value ?? ''));
  const mappings = chosenMappings(plan, sources, settings);
  for (const mapping of mappings) {
    const name = plainText(mapping.column);
    const at = plan.form === 'series' ? -1 : columnAt(plan.layout, name);
    const source = sources.find((each) => each.name === name);
    if (!source && plan.form === 'wide') columnAt(plan.layout, name);
    const unit = mapping.unit ?? source?.unit;
    const column: PlannedColumn = {
      name,
      at,
      point: namedPoint(mapping, plan.options.room ?? 'ROOM'),
      unit,
      unitSet: mapping.unit !== undefined && !plan.proposed,
      numbers: at < 0 ? plan.numbers : numbersOf(at),
      samples: firstValues(plan, rows, name, at),
    };
    planUnit(
      plan,
      column,
      at < 0 ? [] : rows.map((row) => row[at] ?? ''),
      column.unitSet ? undefined : source?.doubt,
    );
    plan.columns.push(column);
  }
  plan.unread = sources
    .map(({ name }) => name)
    .filter((name) => !plan.columns.some((column) => column.name === name));
  if (plan.columns.length > 0 && !plan.options.room) {
    plan.open.push('The room of the file is not set. Add --room ROOM');
  }
  if (plan.columns.some(({ conversion: each }) => each?.needsTemperature)) {
    const celsius = plan.columns.some(({ point }) => point.point === 'temperature');
    if (!celsius)
      plan.open.push('g/m³ becomes % only with the temperature of the same row. Map that column too.');
  }
}

interface Source {
  name: string;
  unit?: string | undefined;
  /** Why the unit of the file is not known although something is named, such as `"furlong" is not a known unit`. */
  doubt?: string | undefined;
}

const namedSource = (name: string, { unit, unknown }: NamedUnit): Source => ({
  name,
  unit,
  doubt: unknown === undefined ? undefined : `"${unknown}" is not a known unit`,
});

function columnsIn({ layout, time }: Plan): Source[] {
  return layout.columns.flatMap((name, at) => {
    if (!name || time.at.includes(at)) return [];
    const below = layout.units[at] ?? {};
    const inName = unitInName(name);
    if (below.unit && inName.unit && below.unit !== inName.unit)
      return [{ name, doubt: `its name says ${inName.unit}, and the line of units ${below.unit}` }];
    return [namedSource(name, below.unit || inName.unit === undefined ? { ...inName, ...below } : inName)];
  });
}

/** The name of a row's series: the cells of its columns. */
export function seriesName(cells: readonly string[], names: readonly number[]): string {
  if (names.length === 1) return (cells[names[0] as number] ?? '').trim();
  return names.map((at) => (cells[at] ?? '').trim()).join(' ');
}

function seriesIn({ layout, series }: Plan, rows: string[][]): Source[] {
  if (!series) return [];
  const names = series.names.map((name) => columnAt(layout, name));
  const unitAt = series.unit === undefined ? -1 : columnAt(layout, series.unit);
  const found = new Map<string, Source>();
  for (const row of rows) {
    const name = seriesName(row, names);
    if (name && !found.has(name)) found.set(name, namedSource(name, readUnit(row[unitAt] ?? '')));
  }
  return [...found.values()];
}

function chosenMappings(plan: Plan, sources: Source[], { ignored }: ProfileSettings): Mapping[] {
  const { maps, room = 'ROOM' } = plan.options;
  if (maps?.length) {
    const mappings = maps.map(parseMap);
    const names = mappings.map(({ device, point }) => `${device}.${point}`);
    const twice = names.find((name, n) => names.indexOf(name) !== n);
    if (twice) throw new PermanentError('bad_map', `Two --map options write ${twice}.`);
    return mappings;
  }
  plan.proposed = true;
  const usable = sources.filter(
    ({ name }) => !(ignored?.test(name) ?? false) && !plan.layout.doubled.includes(name),
  );
  return proposeMappings(
    usable.map(({ name }) => name),
    usable.map(({ unit }) => unit),
    room,
  );
}

/** Plans the conversion of a column, or leaves the decision open when its unit does not fit its point. */
function planUnit(plan: Plan, column: PlannedColumn, cells: string[], doubt: string | undefined): void {
  const { name, point, unit } = column;
  const target = plan.options.unitOf?.(point);
  if (target === undefined) return;
  const map = `--map '${name}=${point.device}.${point.point}`;
  if (doubt) {
    plan.open.push(`${name}: ${doubt}. Say which it is, such as ${map}:${target}'`);
    return;
  }
  if (unit === undefined) {
    if (target === '%' && areFractions(cells, column.numbers))
      plan.open.push(`${name}: all values are between 0 and 1. Add ${map}:fraction' or ${map}:%'`);
    if (!plan.series?.unit) plan.assumed.push(`${name}: no unit is named; taken as ${target}.`);
    return;
  }
  if (unit === target) return;
  column.conversion = conversion(unit, target);
  if (column.conversion) return;
  plan.open.push(
    `${name}: the file has ${unit}, but ${point.device}.${point.point} is in ${target}. Map it to another point, or set the unit: ${map}:${target}'`,
  );
}

function areFractions(cells: string[], format: NumberFormat): boolean {
  const values = cells.flatMap((cell) => readNumber(cell, format) ?? []);
  return (
    values.some((value) => !Number.isInteger(value)) && values.every((value) => value >= 0 && value <= 1)
  );
}

function firstValues(
  { layout, series, options }: Plan,
  rows: string[][],
  name: string,
  at: number,
): string[] {
  const isNothing = nothingWords(options.missing);
  const position = at >= 0 ? at : columnAt(layout, series?.value ?? '');
  const names = series?.names.map((each) => columnAt(layout, each)) ?? [];
  return rows
    .filter((row) => at >= 0 || seriesName(row, names) === name)
    .map((row) => row[position] ?? '')
    .filter((cell) => !isNothing(cell))
    .slice(0, 3)
    .map(visible);
}
