import { isDay } from '@mycelium/farm';
import { InvalidArgumentError } from 'commander';

/** Parsers for option values. When one cannot read a value, its error shows what was expected. */

export function day(text: string): string {
  if (!isDay(text)) throw new InvalidArgumentError('Expected a day such as 2025-12-31.');
  return text;
}

/** `20251231` → `2025-12-31`; also accepts the dashed form. */
export function compactDay(text: string): string {
  const read = text.replace(/^(\d{4})(\d\d)(\d\d)$/, '$1-$2-$3');
  if (!isDay(read)) throw new InvalidArgumentError('Expected a day such as 20251231.');
  return read;
}

export function instant(text: string): Date {
  const read = new Date(text);
  if (!/^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:?\d\d)$/.test(text) || Number.isNaN(read.getTime())) {
    throw new InvalidArgumentError('Expected a time with its zone, such as 2025-12-31T17:03:20Z.');
  }
  return read;
}

export function count(text: string): number {
  const read = Number(text);
  if (!Number.isInteger(read) || read < 1)
    throw new InvalidArgumentError('Expected a whole number of at least 1.');
  return read;
}

/** `24h` → milliseconds; also min and d. */
export function span(text: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?)(min|h|d)$/.exec(text) ?? [];
  const milliseconds = Number(number) * ({ min: 60_000, h: 3_600_000, d: 86_400_000 }[unit] ?? 0);
  if (!(milliseconds > 0)) throw new InvalidArgumentError('Expected a time such as 90min, 24h or 2d.');
  return milliseconds;
}

export function positive(text: string): number {
  const read = Number(text);
  if (!(read > 0 && Number.isFinite(read))) throw new InvalidArgumentError('Expected a number above 0.');
  return read;
}
