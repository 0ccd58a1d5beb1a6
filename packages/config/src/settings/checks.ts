import { z } from 'zod';

export type Environment = Record<string, string | undefined>;

/**
 * A single check with a single error: `int()` would end the validation and hide mistakes in combinations of settings.
 */
export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER) {
  const error =
    most === Number.MAX_SAFE_INTEGER
      ? `a whole number of at least ${least}`
      : `a whole number from ${least} to ${most}`;
  return z.coerce
    .number(error)
    .refine((value) => Number.isInteger(value) && value >= least && value <= most, error);
}

export const port = wholeNumber(1, 65_535);

/** An address with one of these protocols; the example goes into the error. */
export const url = (protocols: RegExp, example: string) =>
  z.url({ protocol: protocols, error: `an address such as ${example}` });
