/** A conversion of a value; `celsius` is the temperature of the same row, for those that need it. */
export interface Conversion {
  from: string;
  to: string;
  needsTemperature: boolean;
  convert(value: number, celsius?: number): number;
}

const linear: Record<string, [factor: number, offset: number]> = {
  '°F→°C': [5 / 9, -160 / 9],
  'K→°C': [1, -273.15],
  '°C→°F': [9 / 5, 32],
  '°C→K': [1, 273.15],
  'fraction→%': [100, 0],
  'ppm→%': [1e-4, 0],
  '%→ppm': [1e4, 0],
  'ppb→ppm': [1e-3, 0],
  's→min': [1 / 60, 0],
  'min→s': [60, 0],
  'h→min': [60, 0],
  'h→s': [3_600, 0],
  'min→h': [1 / 60, 0],
  'kPa→hPa': [10, 0],
  'Pa→hPa': [0.01, 0],
  // A foot is 0.3048 m.
  'lm/ft²→lx': [1 / 0.3048 ** 2, 0],
};

/** Binary fractions such as 12.400000000000002 are rounded away; no sensor has ten digits. */
const round = (value: number) => Number(value.toPrecision(10));

/** @returns undefined when there is no such conversion */
export function conversion(from: string, to: string): Conversion | undefined {
  const [factor, offset] = linear[`${from}→${to}`] ?? [];
  if (factor !== undefined && offset !== undefined) {
    return { from, to, needsTemperature: false, convert: (value) => round(value * factor + offset) };
  }
  if (from !== 'g/m³' || to !== '%') return undefined;
  return {
    from,
    to,
    needsTemperature: true,
    convert: (value, celsius = Number.NaN) => round(relativeHumidity(value, celsius)),
  };
}

/**
 * Relative humidity in % from the water in the air in g/m³. Vapour pressure by the gas law with 461.5 J/(kg K);
 * saturation pressure by the Magnus formula of WMO-No. 8 (annex 4.B): 6.112 exp(17.62 t / (243.12 + t)) hPa.
 */
function relativeHumidity(gramsPerCubicMetre: number, celsius: number): number {
  const pressure = (gramsPerCubicMetre / 1_000) * 461.5 * (celsius + 273.15);
  const saturation = 611.2 * Math.exp((17.62 * celsius) / (243.12 + celsius));
  return (100 * pressure) / saturation;
}
