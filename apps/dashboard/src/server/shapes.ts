import { metrics } from '@mycelium/farm';
import { z } from 'zod';

/** Parts of requests and answers that several routes share. */
export const role = z.enum(['viewer', 'operator']);
export const done = z.object({ done: z.literal(true) });
export const room = z.string().min(1).max(32);
export const metric = z.enum(metrics);
export const id = z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER);
export const day = z.iso.date();
/** An instant with its zone or `Z`, in requests. */
export const instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text));
export const limit = (usual: number, most: number) => z.coerce.number().int().min(1).max(most).default(usual);
/** `true` or `false` in an address. */
export const flag = z.stringbool({ truthy: ['true'], falsy: ['false'] });
