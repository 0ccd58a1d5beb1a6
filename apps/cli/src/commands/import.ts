import { dayDigits } from '@mycelium/farm';
import type { TimeSource } from '@mycelium/operations/pictures';
import { fill } from '@mycelium/words';
import { Command, InvalidArgumentError, Option } from 'commander';
import { interruption, unlessInterrupted } from '../interruption.ts';
import { day } from '../options.ts';
import { createOutput, type Output, type OutputOptions } from '../output.ts';
import { importReadingsCommand } from './import-readings.ts';

interface ImagesOptions extends OutputOptions {
  room: string;
  inDate?: string;
  camera?: string;
  requireCameraTime?: boolean;
  clockOffset?: number;
}

export function importCommand(): Command {
  const imports = new Command('import')
    .summary('import readings or images from files')
    .description('Imports readings from CSV files, or images from a folder.');
  imports.addCommand(importReadingsCommand());
  imports
    .command('images')
    .description(
      'Imports the JPEG, PNG, WebP and HEIC files of a folder and its subfolders. The capture time is the camera’s (EXIF), ' +
        'or else the one in the name of the file, or else the time of the file.',
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
    .option('--require-camera-time', 'refuse images that have only the time of the file')
    .addOption(
      new Option(
        '--clock-offset <±HH:MM>',
        'correct the times of a camera whose clock was wrong: -01:00 if it was an hour fast',
      ).argParser(clockOffset),
    )
    .action(async (folder: string, _, command: Command) => {
      const options = command.optsWithGlobals<ImagesOptions>();
      await importImageFolder(folder, options, createOutput(options));
    });
  return imports;
}

const timeNames: Record<TimeSource, string> = {
  given: 'the sender',
  camera: 'the camera',
  digitized: 'the time of digitizing',
  gps: 'GPS',
  xmp: 'XMP',
  name: 'the name of the file',
  modified: 'the time of the last change in the image',
  file: 'the file',
};

/** `+01:30` or `-00:05:10` in milliseconds. */
function clockOffset(text: string): number {
  const [, sign, hours, minutes, seconds = '0'] =
    /^([+-])(\d{1,6}):([0-5]\d)(?::([0-5]\d))?$/.exec(text) ?? [];
  if (!sign) throw new InvalidArgumentError('Expected a time with its sign, such as -01:00 or +00:05:10.');
  return (sign === '-' ? -1 : 1) * ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1_000;
}

const interrupted = 'Interrupted. What was imported stays; run the same command again to import the rest.';

async function importImageFolder(
  directory: string,
  { json: _, wide: __, ...options }: ImagesOptions,
  output: Output,
) {
  const { readConfig } = await import('@mycelium/config');
  const { openStore } = await import('@mycelium/storage');
  const { importImages } = await import('../import-images.ts');
  const { timeSources } = await import('@mycelium/operations/pictures');
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
  const { imported, skipped, converted, moved, failed, times, passedOver, days } = report;
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
  const sources = timeSources.filter((source) => times[source] > 0);
  if (sources.some((source) => source !== 'camera')) {
    output.line(
      `  times from ${sources.map((source) => `${timeNames[source]}: ${times[source]}`).join(', ')}`,
    );
  }
  if (times.file > 0) {
    output.warn(
      fill('  {n:image has|images have} only the time of the file, which is often that of a copy', {
        n: times.file,
      }),
    );
  }
  const others = Object.entries(passedOver).map(([kind, n]) => `${n} ${kind}`);
  if (others.length > 0) output.warn(`  passed over, not JPEG, PNG, WebP or HEIC: ${others.join(', ')}`);
  for (const { file, reason } of failed) output.warn(`  ${file}: ${reason}`);
  if (days.length > 0) {
    output.line(
      `  To compute their vectors: mycelium batch-all --date-filter ${dayDigits(days[0] as string)}${days.length > 1 ? ` (and ${days.length - 1} more ${days.length === 2 ? 'day' : 'days'})` : ''}`,
    );
  }
  output.result(report);
  if (imported + skipped === 0) process.exitCode = 1;
}
