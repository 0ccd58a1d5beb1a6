/** The decimal sign of a column, and whether the other sign may group thousands. */
export interface NumberFormat {
  decimal: '.' | ',';
  thousands: boolean;
}

const plain = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const groups = { '.': /^[+-]?\d{1,3}(,\d{3})+(\.\d*)?$/, ',': /^[+-]?\d{1,3}(\.\d{3})+(,\d*)?$/ };
const spaced = /^[+-]?\d{1,3}([ \u00a0\u202f'’]\d{3})+([.,]\d*)?$/;

/** @returns the number, or undefined if the text is not a decimal number of this format */
export function readNumber(text: string, { decimal, thousands }: NumberFormat): number | undefined {
  if (decimal === '.' && plain.test(text)) return Number(text);
  let digits = text.replace('−', '-');
  if (spaced.test(digits)) digits = digits.replace(/[ \u00a0\u202f'’]/g, '');
  if (thousands && groups[decimal].test(digits)) digits = digits.replaceAll(decimal === '.' ? ',' : '.', '');
  if (decimal === ',') {
    if (digits.includes('.')) return undefined;
    digits = digits.replace(',', '.');
  }
  return plain.test(digits) ? Number(digits) : undefined;
}

/** What the numbers of one column show about its decimal sign. */
export interface NumberEvidence {
  /** Cells in which this sign can only be the decimal sign. */
  point: number;
  comma: number;
  /** A cell with one sign and three digits after it, such as `1.204`, which can be 1204. */
  unclear?: string | undefined;
}

export function addEvidence(evidence: NumberEvidence, cell: string): void {
  const text = cell.replace(/[ \u00a0\u202f'’]/g, '').replace(/[^\d.,]+$/, '');
  const [, whole = '', sign, rest] = /^[+-]?(\d*)([.,])([\d.,]*)$/.exec(text) ?? [];
  if (rest === undefined || !sign) return;
  const other = sign === '.' ? ',' : '.';
  const count = (decimal: string) => {
    if (decimal === '.') evidence.point++;
    else evidence.comma++;
  };
  if (rest.includes(other) || rest.includes(sign)) count(other);
  else if (rest.length !== 3 || whole.length > 3 || whole === '' || whole.startsWith('0')) count(sign);
  else evidence.unclear ??= cell;
}

/**
 * Decides the decimal sign of a column by its own cells, then by those of the file.
 * @param separator with commas between the fields, a single point is the decimal sign
 * @returns undefined when `evidence.unclear` can be read in two ways
 */
export function decideFormat(
  evidence: NumberEvidence,
  file: NumberEvidence,
  separator: string,
): NumberFormat | undefined {
  const { point, comma, unclear } = evidence;
  if (point > 0 && comma > 0) return { decimal: comma > point ? ',' : '.', thousands: false };
  if (comma > 0) return { decimal: ',', thousands: true };
  if (point > 0) return { decimal: '.', thousands: true };
  if (unclear === undefined) return { decimal: file.comma > file.point ? ',' : '.', thousands: false };
  if (file.comma > 0) return undefined;
  if (file.point > 0) return { decimal: '.', thousands: true };
  return separator === ',' && !unclear.includes(',') ? { decimal: '.', thousands: false } : undefined;
}
