import { Command, Option } from 'commander';
import { compactDay, count } from '../options.ts';
import { createOutput, type OutputOptions } from '../output.ts';

interface BatchAllOptions extends OutputOptions {
  dateFilter: string;
  room?: string[];
  batchSize: number;
  save: boolean;
}

export function batchAllCommand(): Command {
  return new Command('batch-all')
    .summary('compute vectors of a day’s images')
    .description(
      'Computes vectors of the images of a day that have none yet, batch by batch. A clip worker does the work.',
    )
    .addOption(
      new Option('--date-filter <YYYYMMDD>', 'day of the images, as their folder in the store is named')
        .argParser(compactDay)
        .makeOptionMandatory(),
    )
    .option('--room <room...>', 'only these rooms')
    .option('--batch-size <n>', 'images per batch', count, 20)
    .option('--no-save', 'compute everything but save nothing')
    .action(async (_, command: Command) => {
      const { dateFilter, room, batchSize, save, ...shared } = command.optsWithGlobals<BatchAllOptions>();
      const { embedImages } = await import('../embed-images.ts');
      await embedImages({ day: dateFilter, rooms: room, batchSize, save }, createOutput(shared));
    });
}
