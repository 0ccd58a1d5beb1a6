export const metricNames = ['temperature', 'humidity', 'co2'] as const;
export type Metric = (typeof metricNames)[number];

export const unitOf: Record<Metric, string> = { temperature: '°C', humidity: '%', co2: 'ppm' };
/** The number of decimals that a sensor resolves. */
export const digits: Record<Metric, number> = { temperature: 1, humidity: 1, co2: 0 };
