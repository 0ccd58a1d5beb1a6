import { Command } from 'commander';
import { count, positive } from '../options.ts';
import { createOutput, type OutputOptions } from '../output.ts';

interface RecentOptions extends OutputOptions {
  hours: number;
  room?: string[];
  maxPerRoom?: number;
  save: boolean;
}

export function recentCommand(): Command {
  return new Command('recent')
    .summary('images of the last hours to vectors')
    .description('Every image of the last hours that has no vector yet; a clip worker does the work.')
    .option('--hours <n>', 'how far back', positive, 1)
    .option('--room <room...>', 'these rooms alone')
    .option('--max-per-room <n>', 'at most so many of a room', count)
    .option('--no-save', 'do everything except writing')
    .action(async (_, command: Command) => {
      const { hours, room, maxPerRoom, save, ...shared } = command.optsWithGlobals<RecentOptions>();
      const { embedImages } = await import('../embed-images.ts');
      const since = new Date(Date.now() - hours * 3_600_000).toISOString();
      await embedImages({ since, rooms: room, maxPerRoom, save }, createOutput(shared));
    });
}
