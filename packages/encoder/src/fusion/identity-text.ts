/** What the sensors of the room said when the picture was taken; what is missing was not measured. */
export interface Climate {
  /** °C */
  temperature?: number | undefined;
  /** % relative humidity */
  humidity?: number | undefined;
  /** ppm */
  co2?: number | undefined;
}

export interface ImageIdentity {
  room: string;
  stage: 'normal' | 'non_growth';
  growthDay: number;
  climate?: Climate | undefined;
}

/**
 * `Mushroom Room 611, normal stage, Day 12. Temperature: 18.4C, Humidity: 90.5%, CO2: 2494ppm.`
 * Only what was measured is said; without readings there is no second sentence. A sensor that dropped out
 * (CO2 of 0, humidity over 100) has not measured.
 */
export function identityText({ room, stage, growthDay, climate = {} }: ImageIdentity): string {
  const identity = `Mushroom Room ${room}, ${stage} stage, Day ${growthDay}.`;
  const environment = climateText(climate);
  return environment ? `${identity} ${environment}` : identity;
}

function climateText({ temperature, humidity, co2 }: Climate): string | undefined {
  const said = [
    within(temperature, -40, 80) && `Temperature: ${tenths(temperature)}C`,
    within(humidity, 0, 100) && `Humidity: ${tenths(humidity)}%`,
    within(co2, 1, 100_000) && `CO2: ${Math.round(co2)}ppm`,
  ].filter((part) => part !== false);
  return said.length > 0 ? `${said.join(', ')}.` : undefined;
}

const within = (value: number | undefined, least: number, most: number): value is number =>
  value !== undefined && value >= least && value <= most;

/** One decimal, and never `-0.0`. */
const tenths = (value: number) => (Math.round(value * 10) / 10 + 0).toFixed(1);
