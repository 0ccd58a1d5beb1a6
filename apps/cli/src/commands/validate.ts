import { Command } from 'commander';
import { count, positive } from '../options.ts';
import { createOutput, type OutputOptions } from '../output.ts';

interface ValidateOptions extends OutputOptions {
  maxPerRoom: number;
  hours: number;
}

export function validateCommand(): Command {
  return new Command('validate')
    .summary('try a few images of every room without saving anything')
    .description(
      'Tries the store, the decoder, the model and the captioner on a few recent images of every room. Saves nothing.',
    )
    .option('--max-per-room <n>', 'images per room', count, 3)
    .option('--hours <n>', 'how far back, in hours', positive, 24)
    .action(async (_, command: Command) => {
      const { maxPerRoom, hours, ...shared } = command.optsWithGlobals<ValidateOptions>();
      const { embedImages } = await import('../embed-images.ts');
      const since = new Date(Date.now() - hours * 3_600_000).toISOString();
      await embedImages({ since, maxPerRoom, save: false }, createOutput(shared));
    });
}
