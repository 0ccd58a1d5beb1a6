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
    .summary("a day's images to vectors")
    .description('Every image of a day that has no vector yet, batch by batch; a clip worker does the work.')
    .addOption(
      new Option('--date-filter <YYYYMMDD>', "the day of the images' folder")
        .argParser(compactDay)
        .makeOptionMandatory(),
    )
    .option('--room <room...>', 'these rooms alone')
    .option('--batch-size <n>', 'images in one batch', count, 20)
    .option('--no-save', 'do everything except writing')
    .action(async (_, command: Command) => {
      const { dateFilter, room, batchSize, save, ...shared } = command.optsWithGlobals<BatchAllOptions>();
      const { embedImages } = await import('../embed-images.ts');
      await embedImages({ day: dateFilter, rooms: room, batchSize, save }, createOutput(shared));
    });
}
