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
    .summary('compute vectors of the last hours’ images')
    .description(
      'Computes vectors of the images of the last hours that have none yet. A clip worker does the work.',
    )
    .option('--hours <n>', 'how far back, in hours', positive, 1)
    .option('--room <room...>', 'only these rooms')
    .option('--max-per-room <n>', 'at most this many images per room', count)
    .option('--no-save', 'compute everything but save nothing')
    .action(async (_, command: Command) => {
      const { hours, room, maxPerRoom, save, ...shared } = command.optsWithGlobals<RecentOptions>();
      const { embedImages } = await import('../embed-images.ts');
      const since = new Date(Date.now() - hours * 3_600_000).toISOString();
      await embedImages({ since, rooms: room, maxPerRoom, save }, createOutput(shared));
    });
}
