/** The format that samples of times have. `undefined` as a format is ISO 8601. */
export type Guess =
  | { format: string | undefined; ambiguous?: undefined }
  | { ambiguous: [dayFirst: string, monthFirst: string]; sample: string };

const iso = /^\d{4}-\d\d-\d\d([T ]+\d\d:\d\d(:\d\d([.,]\d+)?)?( ?(Z|[+-]\d\d(:?\d\d)?))?)?$/i;
const dated =
  /^(\d{1,4}|[A-Za-z]{3,9})([-/. ])(\d{1,2}|[A-Za-z]{3,9})\2(\d{1,4})(?:([ T,]+)(\d{1,2})(:\d\d)?(:\d\d)?([.,]\d+)?(\s?[AaPp]\.?[Mm]\.?)?(\s?(?:Z|[+-]\d\d:?\d\d))?)?$/;

/**
 * Recognises the format of times. The order of day and month is decided only by a number above 12.
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
  const above12 = (group: number) => parts.some((part) => Number(part[group]) > 12);
  const day = join('D', 'M', year);
  const month = join('M', 'D', year);
  const dayFirst = above12(1);
  const monthFirst = above12(3);
  if (dayFirst && monthFirst) return undefined;
  if (dayFirst) return { format: day };
  if (monthFirst) return { format: month };
  return { ambiguous: [day, month], sample };
}
