import { fill } from '@mycelium/words';
import { Command, Option } from 'commander';
import { interruption, unlessInterrupted } from '../interruption.ts';
import { day } from '../options.ts';
import { createOutput, type Output, type OutputOptions } from '../output.ts';

interface ReadingsOptions extends OutputOptions {
  room?: string;
  timeColumn?: string;
  timeFormat?: string;
  map?: string[];
  strict?: boolean;
  skipBad?: boolean;
}

interface ImagesOptions extends OutputOptions {
  room: string;
  inDate?: string;
  camera?: string;
}

const readingsHelp = `
Long form, one reading per line:   time,room,device,point,value
Wide form, one column per point:   mycelium import readings climate.csv --room 611 --time-column Time \\
                                     --map Tair=mushroom_env_status_611.temperature --map RH=mushroom_env_status_611.humidity

Bad lines are listed and left out; all others are imported. Importing a file again changes nothing.
The exit code is 1 if there were bad lines, unless --skip-bad is given.`;

export function importCommand(): Command {
  const imports = new Command('import')
    .summary('import readings or images from files')
    .description('Imports readings from CSV files, or images from a folder.');
  imports
    .command('readings')
    .description('Imports readings of sensors and controllers from CSV files.')
    .argument('<file...>', 'CSV files')
    .option('--room <room>', 'room that a wide file is from')
    .option('--time-column <name>', 'name of the time column; the default is "time"')
    .option(
      '--time-format <format>',
      'format of the times, such as "DD.MM.YYYY HH:mm"; they are read as farm time',
    )
    .addOption(
      new Option(
        '--map <COLUMN=DEVICE.POINT>',
        'which point a column of a wide file holds; repeatable',
      ).argParser(collect),
    )
    .option('--strict', 'refuse points that are not registered instead of registering them')
    .option('--skip-bad', 'exit with 0 even if there are bad lines; they are still listed')
    .addHelpText('after', readingsHelp)
    .action(async (files: string[], _, command: Command) => {
      const options = command.optsWithGlobals<ReadingsOptions>();
      await importReadingFiles(files, options, createOutput(options));
    });
  imports
    .command('images')
    .description(
      'Imports the JPEG, PNG and WebP files of a folder and its subfolders. The capture time is the camera’s (EXIF), ' +
        'or else the time of the file.',
    )
    .argument('<folder>', 'folder to read')
    .requiredOption('--room <room>', 'room of the images')
    .addOption(
      new Option(
        '--in-date <day>',
        'day the batch was brought in; the default is the day of each image',
      ).argParser(day),
    )
    .option('--camera <digits>', 'number of the camera in the image keys')
    .action(async (folder: string, _, command: Command) => {
      const options = command.optsWithGlobals<ImagesOptions>();
      await importImageFolder(folder, options, createOutput(options));
    });
  return imports;
}

const interrupted = 'Interrupted. What was imported stays; run the same command again to import the rest.';

function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

async function importReadingFiles(
  files: string[],
  { map, skipBad = false, json: _, wide: __, ...format }: ReadingsOptions,
  output: Output,
) {
  const { withDatabase } = await import('../connections.ts');
  const { importReadings } = await import('../import-readings.ts');
  const signal = interruption(interrupted);
  await withDatabase(async ({ pool, config }) => {
    const reports = [];
    for (const file of files) {
      const bar = output.bar(file);
      const report = await unlessInterrupted(
        signal,
        importReadings({
          ...format,
          pool,
          file,
          timeZone: config.TZ,
          maps: map,
          signal,
          onProgress: ({ bytes, totalBytes }) => bar.update(bytes, totalBytes, 'bytes'),
        }),
      );
      bar.end();
      output.line(
        fill(
          '  {readings:reading|readings}: {inserted} new or changed, {repeated} unchanged; {newPoints:new point|new points}, ' +
            '{emptyLines:empty line|empty lines}, {badLines:bad line|bad lines}; {rate} readings/s',
          {
            readings: report.readings,
            inserted: report.inserted,
            repeated: report.repeated,
            newPoints: report.newPoints,
            emptyLines: report.emptyLines,
            badLines: report.badLines,
            rate: Math.round(report.readings / report.seconds),
          },
        ),
      );
      for (const { line, reason } of report.bad) output.warn(`  ${file}:${line}: ${reason}`);
      const unlisted = report.badLines - report.bad.length;
      if (unlisted > 0)
        output.warn(fill('  {file}: and {n:more bad line|more bad lines}', { file, n: unlisted }));
      if (report.badLines > 0 && (!skipBad || report.readings === 0)) process.exitCode = 1;
      reports.push({ file, ...report });
    }
    output.result(reports);
  });
}

async function importImageFolder(
  directory: string,
  { json: _, wide: __, ...options }: ImagesOptions,
  output: Output,
) {
  const { readConfig } = await import('@mycelium/config');
  const { openStore } = await import('@mycelium/storage');
  const { importImages } = await import('../import-images.ts');
  const config = readConfig();
  const store = openStore(config);
  const signal = interruption(interrupted);
  await store.ensureBucket(signal);
  const bar = output.bar(directory);
  const report = await unlessInterrupted(
    signal,
    importImages({
      ...options,
      directory,
      store,
      timeZone: config.TZ,
      signal,
      onProgress: ({ done, total }) => bar.update(done, total),
    }),
  );
  bar.end();
  const { imported, skipped, converted, moved, failed, days } = report;
  output.line(
    fill('  {imported:new image|new images}, {skipped} already stored, {failed} failed', {
      imported,
      skipped,
      failed: failed.length,
    }),
  );
  if (converted > 0) {
    output.line(fill('  {n:of the new ones was|of the new ones were} converted to JPEG', { n: converted }));
  }
  if (moved > 0) {
    output.line(
      fill('  {n:was|were} stored a few seconds earlier or later: another image already has that second', {
        n: moved,
      }),
    );
  }
  for (const { file, reason } of failed) output.warn(`  ${file}: ${reason}`);
  if (days.length > 0) {
    output.line(
      `  To compute their vectors: mycelium batch-all --date-filter ${days[0]?.replaceAll('-', '')}${days.length > 1 ? ` (and ${days.length - 1} more ${days.length === 2 ? 'day' : 'days'})` : ''}`,
    );
  }
  output.result(report);
  if (failed.length > 0 && imported + skipped === 0) process.exitCode = 1;
}
