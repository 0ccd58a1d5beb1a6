/** What the climate sensors of a room measure, in the order in which people read them. */
export const metrics = ['temperature', 'humidity', 'co2'] as const;

export type Metric = (typeof metrics)[number];

/** The type of the devices whose points these are: `mushroom_env_status_611`. */
export const climateDevice = 'mushroom_env_status';
