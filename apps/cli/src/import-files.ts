import { readingTimes } from '@mycelium/config';
import { judgeReadingTimes, PermanentError } from '@mycelium/farm';
import type { Plan, ReadingOptions, TimeJudge } from '@mycelium/loggers';
import { fill } from '@mycelium/words';
import { CommandFailed, wrongUsage } from './command-errors.ts';
import type { ImportReport } from './import-readings.ts';
import { interruption, unlessInterrupted } from './interruption.ts';
import type { Output, OutputOptions } from './output.ts';

export interface ReadingsOptions extends OutputOptions {
  preview?: boolean;
  room?: string;
  map?: string[];
  timeColumn?: string[];
  timeFormat?: string;
  zone?: string;
  repeatedHour?: 'first' | 'second';
  headerLine?: number;
  encoding?: string;
  separator?: string;
  decimal?: '.' | ',';
  missing?: string[];
  profile?: string;
  saveProfile?: string;
  strict?: boolean;
  skipBad?: boolean;
}

const interrupted = 'Interrupted. What was imported stays; run the same command again to import the rest.';

/** Looks at each file, imports it or explains what must be decided first, and reports what happened. */
export async function importReadingFiles(
  files: string[],
  options: ReadingsOptions,
  output: Output,
): Promise<void> {
  const { withDatabase } = await import('./connections.ts');
  const { importReadings, pointUnits } = await import('./import-readings.ts');
  const { loadProfile, saveProfile } = await import('./saved-profiles.ts');
  const signal = interruption(interrupted);
  await withDatabase(async ({ pool, config }) => {
    const saved = options.profile
      ? await loadProfile(config.MYCELIUM_HOME, options.profile, options.room)
      : {};
    const reading: ReadingOptions = {
      ...saved,
      ...given(options),
      timeZone: config.TZ,
      unitOf: await pointUnits(pool),
    };
    const judge = judgeReadingTimes({ ...readingTimes(config), now: Date.now() });
    const results = [];
    for (const file of files) {
      const plan = await planFile(file, reading);
      const decided = await decide(file, plan, { ...options, judge }, output, signal);
      if (options.saveProfile && plan.open.length === 0) {
        const path = await saveProfile(config.MYCELIUM_HOME, options.saveProfile, plan);
        output.line(`Saved as ${path}. Use it with --profile ${options.saveProfile}.`);
      }
      if (decided !== 'import') {
        results.push(decided);
        continue;
      }
      const bar = output.bar(file);
      const report = await unlessInterrupted(
        signal,
        importReadings({
          pool,
          plan,
          judge,
          strict: options.strict,
          signal,
          onProgress: ({ bytes, totalBytes }) => bar.update(bytes, totalBytes, 'bytes'),
        }),
      );
      bar.end();
      await printReport(file, report, output);
      if (report.badLines > 0 && (!options.skipBad || report.readings === 0)) process.exitCode = 1;
      results.push({ file, ...report });
    }
    output.result(results);
  });
}

/** The options of the command line that say how to read a file. */
function given(options: ReadingsOptions): Partial<ReadingOptions> {
  const { room, map, timeColumn, timeFormat, zone, repeatedHour } = options;
  const { headerLine, encoding, separator, decimal, missing } = options;
  const all = {
    room,
    maps: map,
    timeFormat,
    zone,
    repeatedHour,
    headerLine,
    encoding,
    separator,
    decimal,
    missing,
  };
  const timeColumns = timeColumn && (timeColumn.length > 1 ? [timeColumn.join('+')] : timeColumn);
  return Object.fromEntries(
    Object.entries({ ...all, timeColumns }).filter(([, value]) => value !== undefined),
  );
}

async function planFile(file: string, options: ReadingOptions): Promise<Plan> {
  const { makePlan } = await import('@mycelium/loggers');
  try {
    return await makePlan(file, options);
  } catch (error) {
    if (error instanceof PermanentError) throw new CommandFailed(error.message, { cause: error });
    throw error;
  }
}

/** Shows a preview where one is asked for or needed. @throws CommandFailed with exit code 2 if something is open */
async function decide(
  file: string,
  plan: Plan,
  { preview: previewOnly = false, json = false, judge }: ReadingsOptions & { judge: TimeJudge },
  output: Output,
  signal: AbortSignal,
) {
  const sure = !plan.proposed || (plan.profile && plan.options.room && plan.columns.length > 0);
  if (!previewOnly && sure && plan.open.length === 0) return 'import';
  const { previewData, previewReadings, printPreview } = await import('./preview-readings.ts');
  const preview = await previewReadings(file, plan, judge);
  printPreview(preview, output);
  const data = previewData(preview);
  if (previewOnly) return data;
  const refuse = (reason: string) => {
    output.result([data]);
    return wrongUsage(`${file}: nothing was imported${reason}`);
  };
  if (plan.open.length > 0) throw refuse(', because something must be decided first; see above.');
  if (plan.columns.length === 0) {
    throw refuse(
      `, because no column is known. Add --room and --map COLUMN=DEVICE.POINT; the columns are ${plan.unread.join(', ')}.`,
    );
  }
  const { ask, canAsk } = await import('./ask.ts');
  if (!json && canAsk() && (await ask('Import it like this?', signal))) return 'import';
  throw refuse('. To import it like this, run the command above.');
}

async function printReport(file: string, report: ImportReport, output: Output): Promise<void> {
  const { printCounts } = await import('./preview-readings.ts');
  output.line(
    fill(
      '  {readings:reading|readings}: {added} new, {changed} changed, {repeated} unchanged, {quarantined} quarantined; ' +
        '{newPoints:new point|new points}, {emptyLines:empty line|empty lines}, {badLines:bad line|bad lines}; {rate} readings/s',
      {
        readings: report.readings,
        added: report.inserted - report.changed,
        changed: report.changed,
        quarantined: report.columns.reduce((sum, { implausible }) => sum + total(implausible), 0),
        repeated: report.repeated,
        newPoints: report.newPoints,
        emptyLines: report.emptyLines,
        badLines: report.badLines,
        rate: Math.round(report.readings / report.seconds),
      },
    ),
  );
  const time = (instant: number | undefined) =>
    instant === undefined ? '' : new Date(instant).toISOString().replace('T', ' ').slice(0, 19);
  if (report.columns.length <= 12) {
    output.table(
      ['COLUMN', 'NEW', 'CHANGED', 'UNCHANGED', 'FIRST (UTC)', 'LAST (UTC)', 'POINT'],
      report.columns.map(({ name, inserted, changed, repeated, first, last, point }) => [
        name,
        inserted - changed,
        changed,
        repeated,
        time(first),
        time(last),
        `${point.device}.${point.point}`,
      ]),
      ['POINT'],
    );
  }
  printCounts(report, output);
  for (const assumption of report.assumed) output.line(`  ${assumption}`);
  for (const { line, reason } of report.bad) output.warn(`  ${file}:${line}: ${reason}`);
  const unlisted = report.badLines - report.bad.length;
  if (unlisted > 0)
    output.warn(fill('  {file}: and {n:more bad line|more bad lines}', { file, n: unlisted }));
}

const total = (counts: Record<string, number>) => Object.values(counts).reduce((sum, n) => sum + n, 0);
