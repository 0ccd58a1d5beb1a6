import { z } from 'zod';

export const count = z.int().min(0);

export const roomFailure = z.object({ room: z.string(), error: z.string() });
