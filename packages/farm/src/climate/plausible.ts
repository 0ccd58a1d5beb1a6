import { type Metric, metrics } from './metric.ts';

/** Which values a sensor can mean. */
interface Meaning {
  lowest: number;
  highest: number;
  /** A sensor that lost its element or its link reports this. */
  dropout?: number;
  /** No value means more than this: readings above it, up to `highest`, count as it. */
  saturation?: number;
}

/**
 * A humidity sensor in saturated air reads more than 100 %, by its own error: that is the reading of a fogged room.
 * Makers state errors of up to 5 %, and sensors drift, so that 105–110 % too is saturated air; above it is a fault.
 */
const meanings: Record<Metric, Meaning> = {
  temperature: { lowest: -40, highest: 80 },
  humidity: { lowest: 0, highest: 110, dropout: 0, saturation: 100 },
  co2: { lowest: 0, highest: 40_000, dropout: 0 },
};

/** Humidity sensors stop at 99.9 % in a fogged room: from there on the air is saturated. */
const saturatedFrom = 99.9;

/** What a sensor's value means: a humidity of 100–110 % is 100 %. Undefined: nothing, it is a fault or a dropout. */
export function readValue(metric: Metric, value: number): number | undefined {
  const { lowest, highest, dropout, saturation = highest } = meanings[metric];
  if (!(value >= lowest && value <= highest) || value === dropout) return undefined;
  return Math.min(value, saturation);
}

export function plausible(metric: Metric, value: number): boolean {
  return readValue(metric, value) !== undefined;
}

/** `readValue` of many values in one loop; NaN where it is undefined. */
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

/** Whether a value, as `readValue` gives it, is the top of the scale, where a sensor stays while the air is saturated. */
export function saturated(metric: Metric, value: number): boolean {
  return metric === 'humidity' && value >= saturatedFrom;
}

/**
 * `readValue` as an SQL expression, null where it is undefined.
 * @param value an SQL expression of the value, a float8
 * @param metric an SQL expression of the metric's name; of another name nothing is plausible
 */
export function readValueSql(value: string, metric: string): string {
  const cases = metrics.map((name) => {
    const { saturation } = meanings[name];
    const means = saturation === undefined ? value : `least(${value}, ${saturation})`;
    return `when ${metric} = '${name}' and ${condition(value, meanings[name])} then ${means}`;
  });
  return `(case ${cases.join(' ')} end)`;
}

/** `plausible` as an SQL condition, to put into a `where`. */
export function plausibleSql(value: string, metric: string): string {
  const cases = metrics.map((name) => `when '${name}' then ${condition(value, meanings[name])}`);
  return `(case ${metric} ${cases.join(' ')} else false end)`;
}

function condition(value: string, { lowest, highest, dropout }: Meaning): string {
  const range = `${value} between ${lowest} and ${highest}`;
  return dropout === undefined ? range : `${range} and ${value} <> ${dropout}`;
}
