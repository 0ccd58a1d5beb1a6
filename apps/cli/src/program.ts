import { Command, CommanderError } from 'commander';
import cli from '../package.json' with { type: 'json' };
import { WrongUsage } from './command-errors.ts';
import { backfillCommand } from './commands/backfill.ts';
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
import { recentCommand } from './commands/recent.ts';
import { runJobCommand } from './commands/run.ts';
import { runsCommand } from './commands/runs.ts';
import { schedulesCommand } from './commands/schedules.ts';
import { searchCommand } from './commands/search.ts';
import { upCommand } from './commands/up.ts';
import { validateCommand } from './commands/validate.ts';
import { describeError } from './describe-error.ts';

const examples = `
Examples:
  mycelium up                                     everything on this machine, with a demo farm on a first start
  mycelium schedules                              what runs when
  mycelium run daily_env_stats --day 2025-12-24 --wait
  mycelium recent --hours 1                       the last hour's images to vectors
  mycelium search --text "fruiting cluster, day 20" --room 611
  mycelium backfill daily_env_stats --from 2025-12-01 --to 2025-12-31 --dry-run

Exit codes: 0 done, 1 failed, 2 wrong usage.`;

export function buildProgram(): Command {
  const program = new Command('mycelium')
    .description('The jobs of a mushroom farm: statistics, setpoint changes, images to vectors.')
    .version(cli.version)
    .option('--json', 'print one JSON document instead of text')
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
    pruneCommand(),
    searchCommand(),
    importCommand(),
    pointsCommand(),
    exportCommand(),
    modelsCommand(),
    configCommand(),
    doctorCommand(),
  ];
  for (const command of commands) program.addCommand(command);
  settle(program);
  return program;
}

/** Parsing throws instead of ending the process, and every help shows what all commands share. */
function settle(command: Command) {
  command.exitOverride().showHelpAfterError('(--help tells more)');
  for (const sub of command.commands) {
    sub.configureHelp({ showGlobalOptions: true });
    settle(sub);
  }
}

/** @returns the exit code: 0 done, 1 failed, 2 wrong usage. */
export async function runCommand(args: string[]): Promise<number> {
  try {
    await buildProgram().parseAsync(args, { from: 'user' });
    return Number(process.exitCode ?? 0);
  } catch (error) {
    // Commander has told what it found wrong.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    console.error(await describeError(error));
    return error instanceof WrongUsage ? 2 : 1;
  }
}
