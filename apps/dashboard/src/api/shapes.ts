import { z } from 'zod';

/** Parts of requests and answers that several routes share. */
export const role = z.enum(['viewer', 'operator']);
export const done = z.object({ done: z.literal(true) });
