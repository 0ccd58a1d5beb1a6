import type { Day } from '@mycelium/farm';
import { fill } from '@mycelium/words';
import { Command, Option } from 'commander';
import { CommandFailed, wrongUsage } from '../command-errors.ts';
import { interruption, unlessInterrupted } from '../interruption.ts';
import { count, day } from '../options.ts';
import { createOutput, type OutputOptions } from '../output.ts';

interface TimeLapseOptions extends OutputOptions {
  room: string;
  from?: Day;
  to?: Day;
  out: string;
  every: 'day' | 'image';
  night?: boolean;
  speed: number;
  width: number;
}

const help = `
Examples:
  mycelium timelapse --room 611 --out 611.webp               the newest batch, a picture a day
  mycelium timelapse --room 611 --from 2026-03-01 --to 2026-03-26 --every image --out 611.mp4`;

export function timelapseCommand(): Command {
  return new Command('timelapse')
    .summary('write the images of a room as a film')
    .description(
      'Writes the images of a room as an animated WebP, or as an MP4 where ffmpeg is installed. Without days it takes ' +
        'the newest batch. Dark images are left out: those less than 0.6 as bright as the bright ones of the room.',
    )
    .requiredOption('--room <room>', 'room of the images')
    .addOption(new Option('--from <day>', 'first day, YYYY-MM-DD').argParser(day))
    .addOption(new Option('--to <day>', 'last day, YYYY-MM-DD').argParser(day))
    .requiredOption('--out <file>', 'file to write: its name ends in .webp or .mp4')
    .addOption(
      new Option('--every <every>', 'every image, or the one nearest to noon of each day')
        .choices(['day', 'image'])
        .default('day'),
    )
    .option('--night', 'also dark images')
    .option('--speed <n>', 'images per second', count, 8)
    .option('--width <pixels>', 'width of the film', count, 640)
    .addHelpText('after', help)
    .action(async (_, command: Command) => writeFilm(command.optsWithGlobals()));
}

async function writeFilm({ json, wide, ...options }: TimeLapseOptions) {
  const { from, to, out, every, night = false, speed, width } = options;
  if (!/\.(webp|mp4)$/i.test(out)) throw wrongUsage(`--out ${out} does not end in .webp or .mp4.`);
  if (from && to && from > to) throw wrongUsage(`--from ${from} is after --to ${to}. Swap them.`);
  if (speed > 50) throw wrongUsage(`--speed ${speed} is more than 50 images per second.`);
  if (width < 32 || width > 1_920) throw wrongUsage(`--width ${width} is not between 32 and 1920.`);
  const { newestBatch, timeLapseImages } = await import('@mycelium/database');
  const { knownRooms } = await import('@mycelium/operations');
  const { openStore } = await import('@mycelium/storage');
  const { withDatabase } = await import('../connections.ts');
  const { mostFrames, renderFilm } = await import('../film.ts');
  const output = createOutput({ json, wide });
  const signal = interruption('Interrupted. No file was written.');
  await withDatabase(async ({ pool, config }) => {
    const { TZ: timeZone, ROOM_ALIASES: aliases } = config;
    const [room] = (await knownRooms({ pool, aliases }, [options.room])) as [string];
    const batch = await newestBatch(pool, room, timeZone);
    if (!batch) throw new CommandFailed(`Room ${room} has no images yet.`);
    const days = { from: from ?? batch.from, to: to ?? batch.to };
    const { images, dark } = await timeLapseImages(pool, { room, ...days, every, night, timeZone });
    if (images.length === 0) {
      const why = dark > 0 ? `all ${dark} are dark; --night shows them` : 'there are none';
      throw new CommandFailed(`No images of room ${room} from ${days.from} to ${days.to}: ${why}.`);
    }
    if (images.length > mostFrames)
      throw new CommandFailed(
        `${images.length} images are too many for one film (${mostFrames}). Choose fewer days, or --every day.`,
      );
    const bar = output.bar(out);
    const { frames, unreadable } = await unlessInterrupted(
      signal,
      renderFilm(images, {
        ...{ store: openStore(config), out, speed, width, signal },
        onProgress: (done) => bar.update(done, images.length, 'images'),
      }),
    );
    bar.end();
    output.line(fill('  {n:image|images} of room {room}, {from} to {to}', { n: frames, room, ...days }));
    if (dark > 0)
      output.line(fill('  {n:dark image was|dark images were} left out; --night shows them', { n: dark }));
    for (const { key, reason } of unreadable) output.warn(`  ${key}: ${reason}`);
    output.result({ room, ...days, every, out, frames, dark, unreadable });
  });
}
