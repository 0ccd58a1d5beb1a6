/**
 * What loggers, home automation and spreadsheets write when a sensor sent nothing, or when a row is an event and not a
 * reading (HOBO's `Logged`).
 */
const nothing = new Set([
  '',
  'nan',
  '-nan',
  'inf',
  '+inf',
  '-inf',
  'infinity',
  '+infinity',
  '-infinity',
  '∞',
  '-∞',
  'n/a',
  'na',
  'n.a.',
  'null',
  'none',
  'nil',
  '-',
  '--',
  '---',
  'unavailable',
  'unknown',
  'missing',
  'm',
  'm1',
  'logged',
  '#n/a',
  '#na',
  '#value!',
  '#ref!',
  '#div/0!',
  '#name?',
  '#num!',
  '#null!',
]);

/** @returns whether a cell's text means that there is no reading */
export function nothingWords(more: readonly string[] = []): (text: string) => boolean {
  const known = new Set([...nothing, ...more.map((word) => word.trim().toLowerCase())]);
  return (text) => text === '' || known.has(text.toLowerCase());
}

/** Numbers that loggers write in place of a reading. Weather services, Campbell loggers and PLCs use these; 1e30 and more is an overflow. */
const sentinels = new Set([-999, -999.9, -9999, -9999.9, -99_999, -6999, -7999, -32_768]);

export function isSentinel(value: number): boolean {
  return sentinels.has(value) || Math.abs(value) >= 1e30;
}
