import { Command, Option } from 'commander';
import { interruption, unlessInterrupted } from '../interruption.ts';
import { day } from '../options.ts';
import { createOutput, type Output } from '../output.ts';

interface ReadingsOptions {
  room?: string;
  timeColumn?: string;
  timeFormat?: string;
  map?: string[];
  strict?: boolean;
  skipBad?: boolean;
  json?: boolean;
}

interface ImagesOptions {
  room: string;
  inDate?: string;
  camera?: string;
  json?: boolean;
}

const readingsHelp = `
Long form, one reading a line:   time,room,device,point,value
Wide form, a column a point:     mycelium import readings climate.csv --room 611 --time-column Time \\
                                   --map Tair=mushroom_env_status_611.temperature --map RH=mushroom_env_status_611.humidity

Bad lines are told and left out, all others go in. Importing a file again changes nothing.
Exit code: 0, or 1 when there were bad lines and they are not to be skipped.`;

export function importCommand(): Command {
  const imports = new Command('import')
    .summary('bring in readings or images from files')
    .description('Brings in readings from CSV files, or images from a folder.');
  imports
    .command('readings')
    .description('Readings of sensors and controllers from CSV files.')
    .argument('<file...>')
    .option('--room <room>', 'of all readings of a wide file')
    .option('--time-column <name>', 'of a wide file')
    .option('--time-format <format>', 'such as "DD.MM.YYYY HH:mm"; farm time where it names no zone')
    .addOption(
      new Option('--map <COLUMN=DEVICE.POINT>', 'what a column holds; repeatable').argParser(collect),
    )
    .option('--strict', 'refuse points that are not registered, instead of registering them')
    .option('--skip-bad', 'bad lines are no failure: they are told, and the exit code is 0')
    .addHelpText('after', readingsHelp)
    .action(async (files: string[], _, command: Command) => {
      const options = command.optsWithGlobals<ReadingsOptions>();
      await bringReadings(files, options, createOutput(options.json));
    });
  imports
    .command('images')
    .description(
      'JPEG, PNG and WebP files of a folder, at any depth. The time is the camera’s, else the file’s.',
    )
    .argument('<folder>')
    .requiredOption('--room <room>', 'where they were taken')
    .addOption(
      new Option(
        '--in-date <day>',
        'the day the batch was brought in; else the day of each picture',
      ).argParser(day),
    )
    .option('--camera <digits>', 'stands in the keys for the camera')
    .action(async (folder: string, _, command: Command) => {
      const options = command.optsWithGlobals<ImagesOptions>();
      await bringImages(folder, options, createOutput(options.json));
    });
  return imports;
}

function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

async function bringReadings(
  files: string[],
  { map, skipBad = false, ...format }: ReadingsOptions,
  output: Output,
) {
  const { withDatabase } = await import('../house.ts');
  const { importReadings } = await import('../import-readings.ts');
  const signal = interruption('interrupted; what went in stays, and the same command again brings the rest');
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
        `  ${report.readings} readings: ${report.inserted} new or changed, ${report.repeated} known; ` +
          `${report.newPoints} new points, ${report.emptyLines} empty lines, ${report.badLines} bad lines; ` +
          `${Math.round(report.readings / report.seconds)} readings/s`,
      );
      for (const { line, reason } of report.bad) output.warn(`  ${file}:${line}: ${reason}`);
      const untold = report.badLines - report.bad.length;
      if (untold > 0) output.warn(`  ${file}: and ${untold} more bad lines`);
      if (report.badLines > 0 && (!skipBad || report.readings === 0)) process.exitCode = 1;
      reports.push({ file, ...report });
    }
    output.result(reports);
  });
}

async function bringImages(directory: string, { json: _, ...options }: ImagesOptions, output: Output) {
  const { readConfig } = await import('@mycelium/config');
  const { openStore } = await import('@mycelium/storage');
  const { importImages } = await import('../import-images.ts');
  const config = readConfig();
  const store = openStore(config);
  const signal = interruption('interrupted; what went in stays, and the same command again brings the rest');
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
  output.line(`  ${imported} new images, ${skipped} known, ${failed.length} failed`);
  if (converted > 0) output.line(`  ${converted} of the new ones were converted to JPEG`);
  if (moved > 0) {
    output.line(`  ${moved} of them have a time some seconds beside their own, which another picture has`);
  }
  for (const { file, reason } of failed) output.warn(`  ${file}: ${reason}`);
  if (days.length > 0) {
    output.line(
      `  Vectors for them: mycelium batch-all --date-filter ${days[0]?.replaceAll('-', '')}${days.length > 1 ? ` (and ${days.length - 1} more days)` : ''}`,
    );
  }
  output.result(report);
  if (failed.length > 0 && imported + skipped === 0) process.exitCode = 1;
}
