import type { Conversion } from '../units/convert.ts';
import { conversion } from '../units/convert.ts';
import { parseUnit } from '../units/unit.ts';
import { type NumberFormat, readNumber } from '../values/number.ts';
import { isSentinel } from '../values/words.ts';

/** How to read the cells of a column. */
export interface CellFormat {
  numbers: NumberFormat;
  conversion?: Conversion | undefined;
  /** The unit of the point. */
  unit?: string | undefined;
  /** Why no number is read. */
  leftOut?: string | undefined;
}

/** What a cell with text holds. */
export type Cell =
  | { value: number; converted: boolean }
  | { value?: undefined; leftOut: string }
  | { value?: undefined; leftOut?: undefined; bad: string };

const valueAndUnit = /^([+-]?[\d.,]*\d(?:[eE][+-]?\d+)?)\s*([^\d\s.,+-].*)$/;

/** What no sensor can measure less of, by the unit of the point: absolute zero, or nothing at all. */
const lowest: Record<string, number> = { '°C': -273.15, '%': 0, ppm: 0, lx: 0, min: 0, s: 0, h: 0 };

/** @param celsius the temperature of the row, for conversions that need it */
export function readCell(text: string, format: CellFormat, celsius?: () => number | undefined): Cell {
  if (format.leftOut) return { leftOut: format.leftOut };
  let number = readNumber(text, format.numbers);
  let convert = format.conversion;
  if (number === undefined) {
    const [, digits = '', unitText = ''] = valueAndUnit.exec(text) ?? [];
    const unit = parseUnit(unitText);
    number = unit ? readNumber(digits, format.numbers) : undefined;
    if (number === undefined || !unit) return { bad: notANumber(text, format.numbers) };
    if (format.unit && unit !== format.unit) {
      convert = conversion(unit, format.unit);
      if (!convert) return { leftOut: `in ${unit}, not ${format.unit}` };
    } else convert = undefined;
  }
  if (isSentinel(number))
    return { leftOut: Math.abs(number) < 1e30 ? `${number} (a sign for no reading)` : '1e30 or more' };
  let value = number;
  if (convert) {
    const temperature = convert.needsTemperature ? celsius?.() : undefined;
    if (convert.needsTemperature && temperature === undefined)
      return { leftOut: `${convert.from} without a temperature` };
    value = convert.convert(number, temperature);
  }
  const least = format.unit === undefined ? undefined : lowest[format.unit];
  if (least !== undefined && value < least)
    return { leftOut: format.unit === '°C' ? 'below absolute zero' : `below 0 ${format.unit}` };
  return { value, converted: convert !== undefined };
}

function notANumber(text: string, { decimal }: NumberFormat): string {
  const other = decimal === '.' ? ',' : '.';
  if (!/^[+-]?\d+([.,]\d+)+$/.test(text)) return `"${text}" is not a number`;
  const grouped = readNumber(text, { decimal, thousands: true });
  const fraction = readNumber(text, { decimal: other, thousands: true });
  if (grouped !== undefined && fraction !== undefined)
    return `"${text}" can be ${grouped} (--decimal ${decimal}) or ${fraction} (--decimal ${other})`;
  return `"${text}" is not a number; the decimal sign is "${decimal}" (--decimal ${other} changes it)`;
}
