import type { Queryable } from '@mycelium/database';
import { Secret, TOTP } from 'otpauth';

const stepSeconds = 30;
/** One step early or late, for clocks that differ a little (RFC 6238, section 5.2). */
const tolerance = 1;

const totp = (secret: string, label = 'console') =>
  new TOTP({ issuer: 'Mycelium', label, secret: Secret.fromBase32(secret), period: stepSeconds });

/** A secret for an authenticator app, and the address that its QR code holds. */
export function newSecret(account: string): { secret: string; uri: string } {
  const secret = new Secret({ size: 20 }).base32;
  return { secret, uri: totp(secret, account).toString() };
}

/** @returns the step, in 30 s since 1970, whose code this is; undefined if it is none of now */
export function stepOf(secret: string, code: string, now: Date): number | undefined {
  const delta = totp(secret).validate({ token: code, timestamp: now.getTime(), window: tolerance });
  return delta === null ? undefined : Math.floor(now.getTime() / 1_000 / stepSeconds) + delta;
}

/** Uses a code up, so that nobody who saw it can use it again. @returns whether it was right and not used before */
export async function useCode(
  db: Queryable,
  { name, secret, code, now }: { name: string; secret: string; code: string; now: Date },
): Promise<boolean> {
  const step = stepOf(secret, code, now);
  if (step === undefined) return false;
  const { rowCount } = await db.query(
    `update console_account set second_factor_step = $3
      where name = $1 and second_factor = $2 and coalesce(second_factor_step, 0) < $3`,
    [name, secret, step],
  );
  return rowCount === 1;
}
