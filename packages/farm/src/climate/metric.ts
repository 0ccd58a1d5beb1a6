/** What the climate sensors of a room measure, in display order. */
export const metrics = ['temperature', 'humidity', 'co2'] as const;

export type Metric = (typeof metrics)[number];

/** The type of the devices with these points, such as `mushroom_env_status_611`. */
export const climateDevice = 'mushroom_env_status';
