import { Command } from 'commander';
import { out } from '../colours.ts';
import { createOutput } from '../output.ts';

const marks = { good: out.green('✓'), warning: out.yellow('!'), bad: out.red('✗') };

export function doctorCommand(): Command {
  return new Command('doctor')
    .summary('check that everything works, and say what to fix')
    .description(
      'Checks Node, Redis, PostgreSQL, the image store, the model, the captioner, the clocks and the disk, and says ' +
        'what to fix. Exits with 1 when data could be lost or jobs cannot run.',
    )
    .action(async (_, command: Command) => {
      const output = createOutput(command.optsWithGlobals());
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
