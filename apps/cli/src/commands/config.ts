import { Command } from 'commander';
import { createOutput } from '../output.ts';

export function configCommand(): Command {
  return new Command('config')
    .summary('print every setting and where it comes from')
    .description(
      'Prints every setting as this command reads it, and where the value comes from. Secrets are hidden.',
    )
    .action(async (_, command: Command) => {
      const output = createOutput(command.optsWithGlobals());
      const { describeConfig, sayMisspelt } = await import('@mycelium/config');
      const settings = describeConfig();
      output.table(
        ['setting', 'value', 'from'],
        settings.map(({ name, value, source }) => [name, value, source]),
      );
      for (const sentence of sayMisspelt()) output.warn(sentence);
      output.result(settings);
    });
}
