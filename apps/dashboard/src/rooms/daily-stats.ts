import { type ColumnKind, type EnvStatsRow, envStatsColumns } from '@mycelium/database';
import { samplings } from '@mycelium/farm';
import { z } from 'zod';
import { day, metric } from '../server/shapes.ts';

/** A room's metric on a day. The room is in the address, and the time zone is the farm's. */
export type DailyStats = Omit<EnvStatsRow, 'room' | 'timeZone'>;

const shapes: Record<ColumnKind, z.ZodType> = {
  text: z.string(),
  day,
  metric,
  sampling: z.enum(samplings),
  int: z.int(),
  float: z.number(),
  instant: z.date(),
  seconds: z.number(),
};

const shown = envStatsColumns.filter(({ field }) => field !== 'room' && field !== 'timeZone');

/** `DailyStats` in answers. */
export const dailyStats = z.object(
  Object.fromEntries(
    shown.map(({ field, kind, nullable }) => [field, nullable ? shapes[kind].nullable() : shapes[kind]]),
  ),
);
