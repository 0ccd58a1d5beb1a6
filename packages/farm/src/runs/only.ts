/**
 * Which days a backfill covers. For readings, the choice is by a day's run. For images, it is by a room's images on a day,
 * and `failed` means those in quarantine. Either way, a step does everything that its rooms need on that day.
 */
export const onlyChoices = ['missing', 'failed', 'stale', 'all'] as const;
export type Only = (typeof onlyChoices)[number];
