import { z } from 'zod';

export type Environment = Record<string, string | undefined>;

export const port = z.coerce.number().int().min(1).max(65_535);

/** An address with one of these protocols; the example goes into the error. */
export const url = (protocols: RegExp, example: string) =>
  z.url({ protocol: protocols, error: `an address such as ${example}` });
