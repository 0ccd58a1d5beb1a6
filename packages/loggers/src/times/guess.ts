/** The format that samples of times have. `undefined` as a format is ISO 8601. */
export type Guess =
  | { format: string | undefined; ambiguous?: undefined }
  /** The formats that fit every sample: the orders of day, month and year differ. */
  | { ambiguous: string[]; sample: string };

const iso = /^\d{4}-\d\d-\d\d([T ]+\d\d:\d\d(:\d\d([.,]\d+)?)?( ?(Z|[+-]\d\d(:?\d\d)?))?)?$/i;
const dated =
  /^(\d{1,4}|[A-Za-z]{3,9})([-/. ])(\d{1,2}|[A-Za-z]{3,9})\2(\d{1,4})(?:([ T,]+)(\d{1,2})(:\d\d)?(:\d\d)?([.,]\d+)?(\s?[AaPp]\.?[Mm]\.?)?(\s?(?:Z|[+-]\d\d:?\d\d))?)?$/;

/**
 * Recognises the format of times. The order of day, month and year is decided only by dates that exist in one order and
 * not in the others.
 * @param samples texts from all over the file
 * @returns undefined when they have no known format
 */
export function guessTimeFormat(samples: readonly string[]): Guess | undefined {
  const [sample] = samples;
  if (sample === undefined) return undefined;
  if (samples.every((text) => iso.test(text))) return { format: undefined };
  if (samples.every((text) => /^\d+([.,]\d+)?$/.test(text))) return numeric(samples);
  const parts = samples.map((text) => dated.exec(text));
  if (parts.some((part) => part === null)) return undefined;
  return fromParts(parts as RegExpExecArray[], sample);
}

function numeric(samples: readonly string[]): Guess | undefined {
  const values = samples.map((text) => Number(text.replace(',', '.')));
  const between = (low: number, high: number) => values.every((value) => value >= low && value < high);
  // 2000-01-01 to 2100-01-01.
  if (between(946_684_800, 4_102_444_800)) return { format: 'epoch-s' };
  if (between(946_684_800e3, 4_102_444_800e3)) return { format: 'epoch-ms' };
  if (between(946_684_800e6, 4_102_444_800e6)) return { format: 'epoch-us' };
  if (between(36_526, 73_051)) return { format: 'excel' };
  const digits = samples.every((text) => /^20\d{6}(\d{4}(\d\d)?)?$/.test(text))
    ? samples[0]?.length
    : undefined;
  if (digits === undefined || !samples.every((text) => text.length === digits)) return undefined;
  return { format: 'YYYYMMDDHHmmss'.slice(0, digits) };
}

function fromParts(parts: RegExpExecArray[], sample: string): Guess | undefined {
  const [first] = parts as [RegExpExecArray];
  const [, a = '', separator = '', b = '', c = '', gap, hour, minute, second, fraction, half, offset] = first;
  const clock = hour
    ? `${gap?.includes('T') ? 'T' : gap?.includes(',') ? ', ' : ' '}${half ? 'h' : 'H'}${minute ? ':mm' : ''}${second ? ':ss' : ''}${fraction ? `${fraction[0]}SSS` : ''}${half ? ' A' : ''}${offset ? 'Z' : ''}`
    : '';
  const join = (...fields: string[]) => `${fields.join(separator)}${clock}`;
  if (/[A-Za-z]/.test(a)) return c.length === 4 ? { format: join('MMM', 'D', 'YYYY') } : undefined;
  const year = c.length === 4 ? 'YYYY' : 'YY';
  if (/[A-Za-z]/.test(b))
    return { format: a.length === 4 ? join('YYYY', 'MMM', 'D') : join('D', 'MMM', year) };
  if (a.length === 4) return { format: join('YYYY', 'M', 'D') };
  if (c.length === 1) return undefined;
  const orders = (c.length === 4 ? ['DMY', 'MDY'] : ['DMY', 'MDY', 'YMD']).filter(
    (order) => parts.filter((part) => !existsIn(order, part)).length <= garbled * parts.length,
  );
  const fields = { D: 'D', M: 'M', Y: year };
  const formats = orders.map((order) => join(...[...order].map((letter) => fields[letter as 'D'])));
  const [format, other] = formats;
  if (format === undefined) return undefined;
  return other === undefined ? { format } : { ambiguous: formats, sample };
}

/** A share of dates that may be garbled: the one that exists only in a wrong order must not decide for all. */
const garbled = 0.04;

/** Whether the date exists when its numbers stand in this order. Two digits are a year of this century. */
function existsIn(order: string, part: RegExpExecArray): boolean {
  const number = (letter: string) => Number(part[[1, 3, 4][order.indexOf(letter)] as number]);
  const [day, month, year] = [number('D'), number('M'), number('Y')];
  const date = new Date(Date.UTC(year < 100 ? 2_000 + year : year, month - 1, day));
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
}
