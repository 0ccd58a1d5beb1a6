import { isIP } from 'node:net';
import { isForbidden } from '@mycelium/outgoing';
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

/**
 * An address with one of these protocols; the example goes into the error. What its name leads to is checked when it
 * is looked up.
 */
export const url = (protocols: RegExp, example: string) =>
  z
    .url({ protocol: protocols, error: `an address such as ${example}` })
    .refine(
      (address) => !URL.canParse(address) || !isForbidden(new URL(address).hostname),
      `an address such as ${example}, not a link-local or cloud metadata address`,
    );

/** A list of addresses and CIDR ranges, separated by commas or blanks. */
export const addressRanges = z
  .string()
  .transform((text) => text.split(/[\s,]+/).filter(Boolean))
  .refine((ranges) => ranges.every(isRange), 'addresses or ranges such as 127.0.0.1,10.0.0.0/8');

/** Names separated by commas. */
export const names = z.string().transform((text) =>
  text
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean),
);

export const onOrOff = z.enum(['on', 'off'], 'on or off');

function isRange(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const version = isIP(address);
  const isBits = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
  return version > 0 && isBits && more.length === 0;
}
