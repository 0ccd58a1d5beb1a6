import { PermanentError } from '@mycelium/farm';

/** The zone in a column's name: `Date Time, GMT-08:00` → `-08:00`, `timestamp (UTC)` → `UTC`. */
export function zoneInHeader(name: string): string | undefined {
  const [, sign, hours = '', minutes = '00'] =
    /\b(?:GMT|UTC) ?([+-]) ?(\d{1,2})(?::?(\d\d))?/i.exec(name) ?? [];
  if (sign) return `${sign}${hours.padStart(2, '0')}:${minutes}`;
  return /[([, ](UTC|GMT)[)\]]?$/i.test(name) ? 'UTC' : undefined;
}

/**
 * Reads an IANA name or a fixed offset: `Europe/Berlin`, `+08:00`, `GMT-7`, `UTC`.
 * @returns a name that Temporal knows
 * @throws PermanentError
 */
export function parseZone(text: string): string {
  const [, sign, hours = '', minutes = '00'] =
    /^(?:GMT|UTC)? ?([+-]) ?(\d{1,2})(?::?(\d\d))?$/i.exec(text.trim()) ?? [];
  const name = sign ? `${sign}${hours.padStart(2, '0')}:${minutes}` : text.trim();
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return name;
  } catch {
    throw new PermanentError(
      'bad_zone',
      `The time zone "${text}" is unknown. Use a name such as Europe/Berlin, or an offset such as +08:00.`,
    );
  }
}
