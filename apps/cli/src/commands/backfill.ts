import { onlyChoices } from '@mycelium/farm';
import { Command, Option } from 'commander';
import type { BackfillOptions } from '../backfill.ts';
import { day } from '../options.ts';
import { createOutput } from '../output.ts';

export function backfillCommand(): Command {
  return new Command('backfill')
    .summary('run a job for past days that need it')
    .description(
      'Runs a job for every day from --from to --to that needs it.\n' +
        'missing: no run, or one that was missed; for images, images without a vector\n' +
        'failed: the run failed; for images, images in quarantine\n' +
        'stale: readings, an image or the model changed since the run\n' +
        'all: every day again; for images, the three above\n' +
        'Without --only: missing, failed and stale days; quarantined images stay in quarantine.\n' +
        'For images, --only chooses rooms and days by their images, not by their runs. Each run embeds every image of\n' +
        'its rooms that needs a vector; only failed and all release images from quarantine.',
    )
    .argument('<job>', 'job to run, such as daily_env_stats')
    .addOption(new Option('--from <day>', 'first day, YYYY-MM-DD').argParser(day).makeOptionMandatory())
    .addOption(new Option('--to <day>', 'last day, YYYY-MM-DD').argParser(day).makeOptionMandatory())
    .option('--room <room...>', 'only these rooms')
    .addOption(new Option('--only <which>', 'which days').choices(onlyChoices))
    .option('--dry-run', 'print the plan and run nothing')
    .action(async (job: string, _, command: Command) => {
      const options = command.optsWithGlobals<BackfillOptions>();
      const { backfill } = await import('../backfill.ts');
      await backfill(job, options, createOutput(options));
    });
}
