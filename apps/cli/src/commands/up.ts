import { Command } from 'commander';
import { createOutput } from '../output.ts';
import type { UpOptions } from '../up/up.ts';

export function upCommand(): Command {
  return new Command('up')
    .summary('set up and run everything on this machine')
    .description(
      'Starts Redis, PostgreSQL, the scheduler, the workers and the dashboard on this machine, runs each job once ' +
        'for yesterday, and keeps running until Ctrl-C. Where REDIS_URL, DATABASE_URL, S3_ENDPOINT or CLIP_MODEL is ' +
        'set, it uses that instead of its own. The first start creates a demo farm.',
    )
    .option('--once', 'exit after the first reports')
    .option('--no-demo', 'do not create a demo farm')
    .option('--s3', 'store images in an S3 server started here (radosgw), not in a folder; to try it out')
    .action(async (_, command: Command) => {
      const options = command.optsWithGlobals<UpOptions>();
      const { up } = await import('../up/up.ts');
      process.exitCode = await up(options, createOutput(options));
    });
}
