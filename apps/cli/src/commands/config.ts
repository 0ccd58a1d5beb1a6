import { Command } from 'commander';
import { createOutput } from '../output.ts';

export function configCommand(): Command {
  return new Command('config')
    .summary('every setting, and where it comes from')
    .description('Prints the settings as this process reads them; secrets are hidden.')
    .action(async (_, command: Command) => {
      const output = createOutput(command.optsWithGlobals().json);
      const { describeConfig } = await import('@mycelium/config');
      const settings = describeConfig();
      output.table(
        ['setting', 'value', 'from'],
        settings.map(({ name, value, source }) => [name, value, source]),
      );
      output.result(settings);
    });
}
