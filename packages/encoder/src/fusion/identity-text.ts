import { type Metric, type Phase, readValue } from '@mycelium/farm';

/**
 * Readings of the room at the time of capture, in °C, % relative humidity and ppm; undefined if there was none near it.
 */
type Climate = Partial<Record<Metric, number | undefined>>;

export interface ImageIdentity {
  room: string;
  stage: Phase;
  growthDay: number;
  climate?: Climate | undefined;
}

/**
 * `Mushroom Room 611, normal stage, Day 12. Temperature: 18.4C, Humidity: 90.5%, CO2: 2494ppm.`
 * Omits what was not measured; without readings there is no second sentence. An implausible value, such as a CO2 of 0,
 * counts as not measured.
 */
export function identityText({ room, stage, growthDay, climate = {} }: ImageIdentity): string {
  const identity = `Mushroom Room ${room}, ${stage} stage, Day ${growthDay}.`;
  const environment = climateText(climate);
  return environment ? `${identity} ${environment}` : identity;
}

function climateText(climate: Climate): string | undefined {
  const measured = (metric: Metric, write: (value: number) => string) => {
    const raw = climate[metric];
    const value = raw === undefined ? undefined : readValue(metric, raw);
    return value === undefined ? [] : [write(value)];
  };
  const parts = [
    ...measured('temperature', (value) => `Temperature: ${tenths(value)}C`),
    ...measured('humidity', (value) => `Humidity: ${tenths(value)}%`),
    ...measured('co2', (value) => `CO2: ${Math.round(value)}ppm`),
  ];
  return parts.length > 0 ? `${parts.join(', ')}.` : undefined;
}

/** One decimal, and never `-0.0`. */
const tenths = (value: number) => (Math.round(value * 10) / 10 + 0).toFixed(1);
