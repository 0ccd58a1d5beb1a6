import { PermanentError } from '@mycelium/farm';

/**
 * Minutes east of UTC of `Z`, `+0800`, `GMT-7` and the like.
 * @returns undefined for an offset that no zone has: they reach from -12:00 to +14:00
 */
export function minutesEast(offset: string): number | undefined {
  const [, sign, hours = '0', minutes = '0'] = /([+-]) ?(\d{1,2}):?(\d\d)?$/.exec(offset) ?? [];
  if (!sign) return 0;
  const east = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
  return Number(minutes) < 60 && east >= -12 * 60 && east <= 14 * 60 ? east : undefined;
}

/** What a column's name shows about the zone of its times. */
export interface HeaderZone {
  zone?: string | undefined;
  /** An abbreviation that stands for several zones, or for one with and without summer time. */
  unclear?: string | undefined;
}

const abbreviations =
  /(?<![A-Za-z])(CES?T|MES?Z|WES?T|EES?T|BST|IST|[ECMP][SD]T|AK[SD]T|H[SD]T|A[ECW][SD]T|JST|KST|SGT|HKT|NZ[SD]T|MSK|BRT|ICT)(?![A-Za-z])/;

/**
 * The zone in a column's name: `Date Time, GMT-08:00` → `-08:00`, `timestamp (UTC)` and `time_utc` → `UTC`,
 * `Zeit (Europe/Berlin)` → `Europe/Berlin`; `Time (CST)` is unclear.
 * @throws PermanentError for an offset that no zone has
 */
export function zoneInHeader(name: string): HeaderZone {
  const [, offset] = /(?<![A-Za-z])(?:GMT|UTC) ?([+-] ?\d{1,2}(?::?\d\d)?)/i.exec(name) ?? [];
  if (offset) return { zone: parseZone(offset) };
  const [region] = /(?<![A-Za-z])[A-Z][A-Za-z]+\/[A-Z][A-Za-z_/-]+/.exec(name) ?? [];
  if (region && isZone(region)) return { zone: region };
  if (/(?<![A-Za-z])(UTC|GMT|Zulu)(?![A-Za-z])/i.test(name)) return { zone: 'UTC' };
  const [unclear] = abbreviations.exec(name) ?? [];
  return { unclear };
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
  if (isZone(name) && (!sign || minutesEast(name) !== undefined)) return name;
  throw new PermanentError(
    'bad_zone',
    `The time zone "${text}" is unknown. Use a name such as Europe/Berlin, or an offset such as +08:00.`,
  );
}

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
