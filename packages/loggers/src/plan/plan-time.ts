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
  const headers = times.columns.map(zoneInHeader);
  const inHeader = headers.find(({ zone }) => zone)?.zone;
  const unclear = headers.find(({ unclear }) => unclear)?.unclear;
  const [zone, zoneFrom]: [string, PlannedTime['zoneFrom']] = options.zone
    ? [parseZone(options.zone), 'option']
    : settings.zone
      ? [settings.zone, 'profile']
      : inHeader
        ? [inHeader, 'header']
        : [options.timeZone, 'farm'];
  const { format, open } = timeFormat(times, samples, options, settings);
  if (format !== undefined) compileTimeFormat(format);
  if (unclear && zoneFrom === 'farm') {
    open.push(
      `The header names the zone ${unclear}, which has several meanings. Add --zone, such as --zone +08:00 or --zone ${zone}`,
    );
  }
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
    const [first] = guess.ambiguous;
    const byProfile = guess.ambiguous.find((format) => format.startsWith(dayFirst ? 'D' : 'M'));
    if (dayFirst !== undefined && byProfile) return { format: byProfile, open: [] };
    const answers = guess.ambiguous.map((format) => `--time-format "${format}"`);
    return {
      format: first,
      open: [
        `${column}: "${guess.sample}" can be ${orList(guess.ambiguous.map(orderOf))}, and no date in the file decides it. Add ${orList(answers)}`,
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

/** `D/M/YY H:mm` → `day/month/year`. */
function orderOf(format: string): string {
  const names: Record<string, string> = { D: 'day', M: 'month', Y: 'year' };
  const letters = format.match(/D|M|YY(?:YY)?/g) ?? [];
  return letters
    .slice(0, 3)
    .map((letter) => names[letter[0] as string])
    .join('/');
}

function orList(texts: string[]): string {
  return texts.length < 2 ? texts.join('') : `${texts.slice(0, -1).join(', ')} or ${texts.at(-1)}`;
}
