import { Command, Option } from 'commander';
import type { Only } from '../backfill-plan.ts';
import { day } from '../options.ts';
import { createOutput } from '../output.ts';

export interface BackfillOptions {
  from: string;
  to: string;
  only?: Only;
  dryRun?: boolean;
  json?: boolean;
}

export function backfillCommand(): Command {
  return new Command('backfill')
    .summary('make up for days that were not run')
    .description(
      'Runs a job for every day that needs it. missing: no run, or one that was missed; failed: its run failed; ' +
        'stale: its data, or the model, changed since; all: every day again. Without --only: missing, failed and stale.',
    )
    .argument('<job>', 'such as daily_env_stats')
    .addOption(new Option('--from <day>', 'first day, YYYY-MM-DD').argParser(day).makeOptionMandatory())
    .addOption(new Option('--to <day>', 'last day').argParser(day).makeOptionMandatory())
    .addOption(new Option('--only <which>', 'which days').choices(['missing', 'failed', 'stale', 'all']))
    .option('--dry-run', 'tell what would be run, and run nothing')
    .action(async (job: string, _, command: Command) => {
      const options = command.optsWithGlobals<BackfillOptions>();
      const { backfill } = await import('../backfill.ts');
      await backfill(job, options, createOutput(options.json));
    });
}
