import { Command } from 'commander';
import { createOutput } from '../output.ts';

export interface UpOptions {
  once?: boolean;
  demo: boolean;
  json?: boolean;
}

export function upCommand(): Command {
  return new Command('up')
    .summary('set up and run everything on this machine')
    .description(
      'Starts Redis, PostgreSQL, the scheduler, the workers and the dashboard on this machine, runs each job once ' +
        'for yesterday, and stays until Ctrl-C. What REDIS_URL, DATABASE_URL, S3_ENDPOINT and CLIP_MODEL name is ' +
        'used instead of its own. On a first start it grows a demo farm.',
    )
    .option('--once', 'end after the reports')
    .option('--no-demo', 'grow no demo farm')
    .action(async (_, command: Command) => {
      const options = command.optsWithGlobals<UpOptions>();
      const { up } = await import('../up/up.ts');
      process.exitCode = await up(options, createOutput(options.json));
    });
}
