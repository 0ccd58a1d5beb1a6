import { homedir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { type Environment, wholeNumber } from './checks.ts';

const zone = z.string().refine(isTimeZone, 'an IANA time zone such as Asia/Shanghai');

function isTimeZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }));
  } catch {
    return false;
  }
}

/** `7:607,8:608` → { 7: '607', 8: '608' } */
const roomAliases = z
  .string()
  .regex(/^(\s*\w+\s*:\s*\w+\s*(,|$))*$/, 'pairs of rooms such as 7:607,8:608')
  .transform(
    (text): Record<string, string> =>
      Object.fromEntries(
        text
          .split(',')
          .filter((pair) => pair.trim())
          .map((pair) => pair.split(':').map((room) => room.trim()) as [string, string]),
      ),
  );

/** PostgreSQL never runs as root but must be able to enter this folder, and it cannot enter /root. */
export function defaultHome(env: Environment): string {
  if (process.getuid?.() === 0) return '/var/lib/mycelium';
  return join(env.XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'mycelium');
}

export const farm = (env: Environment) => ({
  TZ: zone
    .default(Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC')
    .describe('Time zone of the farm: its days and its timetable'),
  MYCELIUM_HOME: z
    .string()
    .default(defaultHome(env))
    .describe('Folder in which `npm start` keeps its servers, logs, models and images'),
  FARM_FIRST_DAY: z.iso
    .date('a day such as 2020-03-01')
    .default('2010-01-01')
    .describe('First day of the farm. Readings of earlier days are quarantined: a clock was reset'),
  READING_MAX_AHEAD_HOURS: wholeNumber(0)
    .default(24)
    .describe('How many hours ahead a device’s clock may be. Readings of later times are quarantined'),
  ROOM_ALIASES: roomAliases
    .prefault('7:607,8:608')
    .describe('Short room names in image keys and the rooms they mean'),
});
