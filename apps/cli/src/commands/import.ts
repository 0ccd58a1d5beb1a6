import { Command, Option } from 'commander';
import { day } from '../options.ts';
import { createOutput, type Output } from '../output.ts';

interface ReadingsOptions {
  room?: string;
  timeColumn?: string;
  timeFormat?: string;
  map?: string[];
  strict?: boolean;
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

Bad lines are told and left out, all others go in. Importing a file again changes nothing.`;

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

async function bringReadings(files: string[], { map, ...format }: ReadingsOptions, output: Output) {
  const { withDatabase } = await import('../house.ts');
  const { importReadings } = await import('../import-readings.ts');
  await withDatabase(async ({ pool, config }) => {
    const reports = [];
    for (const file of files) {
      const bar = output.bar(file);
      const report = await importReadings({
        ...format,
        pool,
        file,
        timeZone: config.TZ,
        maps: map,
        onProgress: ({ bytes, totalBytes }) => bar.update(bytes, totalBytes, 'bytes'),
      });
      bar.end();
      output.line(
        `  ${report.readings} readings: ${report.inserted} new or changed, ${report.repeated} known; ` +
          `${report.newPoints} new points, ${report.emptyLines} empty lines, ${report.badLines} bad lines`,
      );
      for (const { line, reason } of report.bad) output.warn(`  ${file}:${line}: ${reason}`);
      if (report.readings === 0 && report.badLines > 0) process.exitCode = 1;
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
  const bar = output.bar(directory);
  const report = await importImages({
    ...options,
    directory,
    store: openStore(config),
    timeZone: config.TZ,
    onProgress: ({ done, total }) => bar.update(done, total),
  });
  bar.end();
  output.line(`  ${report.imported} new images, ${report.skipped} known, ${report.failed.length} failed`);
  for (const { file, reason } of report.failed) output.warn(`  ${file}: ${reason}`);
  if (report.days.length > 0) {
    const { days } = report;
    output.line(
      `  Vectors for them: mycelium batch-all --date-filter ${days[0]?.replaceAll('-', '')}${days.length > 1 ? ` (and ${days.length - 1} more days)` : ''}`,
    );
  }
  output.result(report);
  if (report.failed.length > 0 && report.imported + report.skipped === 0) process.exitCode = 1;
}
