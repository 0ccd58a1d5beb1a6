import { type Metric, metrics } from './metric.ts';

/** The values that count as measurements. */
interface Meaning {
  lowest: number;
  highest: number;
  /** The value that a sensor reports when it has lost its element or its link. */
  dropout?: number;
  /** Readings above this, up to `highest`, count as this value. */
  saturation?: number;
}

/**
 * A humidity sensor in saturated air can read more than 100 % because of its own error, for example in a fogged room.
 * Manufacturers state errors of up to 5 %, and sensors drift, so 105–110 % is still saturated air. More is a fault.
 */
const meanings: Record<Metric, Meaning> = {
  temperature: { lowest: -40, highest: 80 },
  humidity: { lowest: 0, highest: 110, dropout: 0, saturation: 100 },
  co2: { lowest: 0, highest: 40_000, dropout: 0 },
};

/** In a fogged room, humidity sensors may stop at 99.9 %: from there on the air is saturated. */
const saturatedFrom = 99.9;

/**
 * The measurement that a sensor's value stands for: a humidity of 100–110 % is 100 %. Undefined for faults and
 * dropouts.
 */
export function readValue(metric: Metric, value: number): number | undefined {
  const { lowest, highest, dropout, saturation = highest } = meanings[metric];
  if (!(value >= lowest && value <= highest) || value === dropout) return undefined;
  return Math.min(value, saturation);
}

export function plausible(metric: Metric, value: number): boolean {
  return readValue(metric, value) !== undefined;
}

/** Whether all values in a range are measurements as they are. */
export function isPlausibleRange(metric: Metric, min: number, max: number): boolean {
  const { dropout = Number.NaN } = meanings[metric];
  return (
    readValue(metric, min) === min && readValue(metric, max) === max && !(min < dropout && dropout < max)
  );
}

/** `readValue` for many values in one loop, with NaN in place of undefined. */
export function readValues(metric: Metric, values: Float64Array): Float64Array {
  const { lowest, highest, dropout = Number.NaN, saturation = highest } = meanings[metric];
  const read = new Float64Array(values.length);
  for (let n = 0; n < values.length; n++) {
    const value = values[n] as number;
    const means = value >= lowest && value <= highest && value !== dropout;
    read[n] = means ? Math.min(value, saturation) : Number.NaN;
  }
  return read;
}

/** A value from `readValue` from here on means saturated air, in which a sensor stays at the top of its scale. */
export function topOfScale(metric: Metric): number {
  return metric === 'humidity' ? saturatedFrom : Number.POSITIVE_INFINITY;
}

/**
 * `readValue` as an SQL expression, null where it is undefined.
 * @param value an SQL expression of the value, a float8
 * @param metric an SQL expression of the metric's name; for other names nothing is plausible
 */
export function readValueSql(value: string, metric: string): string {
  const cases = metrics.map((name) => {
    const { saturation } = meanings[name];
    const means = saturation === undefined ? value : `least(${value}, ${saturation})`;
    return `when ${metric} = '${name}' and ${condition(value, meanings[name])} then ${means}`;
  });
  return `(case ${cases.join(' ')} end)`;
}

/** `plausible` as an SQL condition, for use in a `where` clause. */
export function plausibleSql(value: string, metric: string): string {
  const cases = metrics.map((name) => `when '${name}' then ${condition(value, meanings[name])}`);
  return `(case ${metric} ${cases.join(' ')} else false end)`;
}

function condition(value: string, { lowest, highest, dropout }: Meaning): string {
  const range = `${value} between ${lowest} and ${highest}`;
  return dropout === undefined ? range : `${range} and ${value} <> ${dropout}`;
}
