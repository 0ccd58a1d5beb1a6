import { Command } from 'commander';
import { count, positive } from '../options.ts';
import { createOutput, type OutputOptions } from '../output.ts';

interface ValidateOptions extends OutputOptions {
  maxPerRoom: number;
  hours: number;
}

export function validateCommand(): Command {
  return new Command('validate')
    .summary('a few images of every room, all the way, nothing written')
    .description(
      'Tries store, decoder, model and captions on a few recent images of every room. Nothing is written.',
    )
    .option('--max-per-room <n>', 'so many of a room', count, 3)
    .option('--hours <n>', 'images of the last hours', positive, 24)
    .action(async (_, command: Command) => {
      const { maxPerRoom, hours, ...shared } = command.optsWithGlobals<ValidateOptions>();
      const { embedImages } = await import('../embed-images.ts');
      const since = new Date(Date.now() - hours * 3_600_000).toISOString();
      await embedImages({ since, maxPerRoom, save: false }, createOutput(shared));
    });
}
