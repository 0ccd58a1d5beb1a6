import { Command } from 'commander';
import colors from 'picocolors';
import { createOutput } from '../output.ts';

const marks = { good: colors.green('✓'), warning: colors.yellow('!'), bad: colors.red('✗') };

export function doctorCommand(): Command {
  return new Command('doctor')
    .summary('look whether everything is as it must be')
    .description(
      'Looks at Node, Redis, PostgreSQL, the images, the model, the captioner, the clocks and the disk, and says ' +
        'what to do. Exit 1 when data could be lost or work cannot be done.',
    )
    .action(async (_, command: Command) => {
      const output = createOutput(command.optsWithGlobals().json);
      const { readConfig } = await import('@mycelium/config');
      const { examine } = await import('../doctor/examine.ts');
      const findings = await examine(readConfig());
      for (const { about, verdict, says } of findings) {
        output.line(`${marks[verdict]} ${about.padEnd(11)} ${says}`);
      }
      output.result(findings);
      if (findings.some(({ verdict }) => verdict === 'bad')) process.exitCode = 1;
    });
}
