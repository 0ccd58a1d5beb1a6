import { Refusal } from '@mycelium/words';
import { Command, CommanderError } from 'commander';
import cli from '../package.json' with { type: 'json' };
import { CommandFailed } from './command-errors.ts';
import { backfillCommand } from './commands/backfill.ts';
import { backupCommand } from './commands/backup.ts';
import { batchAllCommand } from './commands/batch-all.ts';
import { configCommand } from './commands/config.ts';
import { doctorCommand } from './commands/doctor.ts';
import { exportCommand } from './commands/export.ts';
import { failedCommand } from './commands/failed.ts';
import { importCommand } from './commands/import.ts';
import { migrateCommand } from './commands/migrate.ts';
import { modelsCommand } from './commands/models.ts';
import { pointsCommand } from './commands/points.ts';
import { pruneCommand } from './commands/prune.ts';
import { quarantineCommand } from './commands/quarantine.ts';
import { readingsCommand } from './commands/readings.ts';
import { recentCommand } from './commands/recent.ts';
import { restoreCommand } from './commands/restore.ts';
import { runJobCommand } from './commands/run.ts';
import { runsCommand } from './commands/runs.ts';
import { schedulesCommand } from './commands/schedules.ts';
import { searchCommand } from './commands/search.ts';
import { timelapseCommand } from './commands/timelapse.ts';
import { upCommand } from './commands/up.ts';
import { validateCommand } from './commands/validate.ts';
import { versionCommand } from './commands/version.ts';
import { describeError } from './describe-error.ts';

const examples = `
Examples:
  mycelium up                                     run everything on this machine; the first start adds a demo farm
  mycelium schedules                              when each job runs next, and how it last went
  mycelium run daily_env_stats --day 2025-12-24 --wait
  mycelium recent --hours 1                       compute vectors of the last hour's images
  mycelium search --text "fruiting cluster, day 20" --room 611
  mycelium backfill daily_env_stats --from 2025-12-01 --to 2025-12-31 --dry-run

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted.`;

export function buildProgram(): Command {
  const program = new Command('mycelium')
    .description('Runs the jobs of a mushroom farm: climate statistics, setpoint changes, image vectors.')
    .version(cli.version)
    .option('--json', 'print one JSON document instead of text')
    .option('--wide', 'print every column in full, even if lines get longer than the terminal')
    .configureHelp({ showGlobalOptions: true })
    .addHelpText('after', examples);
  const commands = [
    upCommand(),
    migrateCommand(),
    schedulesCommand(),
    runJobCommand(),
    runsCommand(),
    recentCommand(),
    batchAllCommand(),
    validateCommand(),
    backfillCommand(),
    failedCommand(),
    quarantineCommand(),
    readingsCommand(),
    pruneCommand(),
    searchCommand(),
    timelapseCommand(),
    importCommand(),
    pointsCommand(),
    exportCommand(),
    modelsCommand(),
    backupCommand(),
    restoreCommand(),
    configCommand(),
    doctorCommand(),
    versionCommand(),
  ];
  for (const command of commands) program.addCommand(command);
  configure(program);
  return program;
}

/** Parsing throws instead of ending the process, and every help shows the global options. */
function configure(command: Command) {
  command.exitOverride().showHelpAfterError('(see --help)');
  for (const sub of command.commands) {
    sub.configureHelp({ showGlobalOptions: true });
    configure(sub);
  }
}

/** @returns the exit code: 0 done, 1 failed, 2 wrong usage, 130 interrupted. */
export async function runCommand(args: string[]): Promise<number> {
  try {
    await buildProgram().parseAsync(args, { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    // Commander has already printed the error.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    console.error(await describeError(error));
    if (error instanceof CommandFailed) return error.exitCode;
    return error instanceof Refusal && error.kind === 'invalid' ? 2 : 1;
  }
}
