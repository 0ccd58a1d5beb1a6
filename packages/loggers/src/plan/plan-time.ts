import type { Layout } from '../layout/layout.ts';
import type { ProfileSettings } from '../profiles/profile.ts';
import { guessTimeFormat } from '../times/guess.ts';
import { compileTimeFormat } from '../times/time-format.ts';
import { parseZone, zoneInHeader } from '../times/zone.ts';
import type { TimeColumns } from './find-times.ts';
import type { ReadingOptions } from './options.ts';
import type { PlannedTime } from './plan.ts';

/** Decides the format and the zone of a file's times. @throws PermanentError for a wrong format or zone */
export function planTime(
  layout: Layout,
  times: TimeColumns,
  samples: string[],
  options: ReadingOptions,
  settings: ProfileSettings,
): { planned: PlannedTime; open: string[] } {
  const inHeader = times.columns.map(zoneInHeader).find(Boolean);
  const [zone, zoneFrom]: [string, PlannedTime['zoneFrom']] = options.zone
    ? [parseZone(options.zone), 'option']
    : settings.zone
      ? [settings.zone, 'profile']
      : inHeader
        ? [inHeader, 'header']
        : [options.timeZone, 'farm'];
  const { format, open } = timeFormat(times, samples, options, settings);
  if (format !== undefined) compileTimeFormat(format);
  return { planned: { ...times, format, zone, zoneFrom }, open: layout.columns.length > 0 ? open : [] };
}

function timeFormat(
  times: TimeColumns,
  samples: string[],
  { timeFormat: set }: ReadingOptions,
  { timeFormat: known, dayFirst }: ProfileSettings,
): { format: string | undefined; open: string[] } {
  if (set) return { format: set, open: [] };
  if (known) return { format: known, open: [] };
  if (times.hhmm) return { format: 'YYYY DDD HHmm', open: [] };
  if (samples.length === 0) return { format: undefined, open: [] };
  const guess = guessTimeFormat(samples);
  const column = times.columns.join('+');
  if (guess?.ambiguous) {
    const [day, month] = guess.ambiguous;
    if (dayFirst !== undefined) return { format: dayFirst ? day : month, open: [] };
    return {
      format: day,
      open: [
        `${column}: "${guess.sample}" can be day/month or month/day, and no date in the file decides it. Add --time-format "${day}" or --time-format "${month}"`,
      ],
    };
  }
  if (guess) return { format: guess.format, open: [] };
  const [first = '', ...others] = samples;
  const other = others.find((sample) => guessTimeFormat([first, sample]) === undefined);
  const texts =
    other === undefined
      ? `"${first}" has no known format`
      : `"${first}" and "${other}" differ in their format`;
  return { format: undefined, open: [`${column}: ${texts}. Add --time-format`] };
}
