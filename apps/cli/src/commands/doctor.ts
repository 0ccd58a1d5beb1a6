import { Command } from 'commander';
import { out } from '../colours.ts';
import { createOutput, hanging, type OutputOptions } from '../output.ts';

const marks = { good: out.green('✓'), warning: out.yellow('!'), bad: out.red('✗') };

export function doctorCommand(): Command {
  return new Command('doctor')
    .summary('check that everything works, and say what to fix')
    .description(
      'Checks Node, Redis, PostgreSQL, the image store, the model, the captioner, the clocks and the disk, and says ' +
        'what to fix. Exits with 1 when data could be lost or jobs cannot run.',
    )
    .option('--fix', 'repair what can be repaired without loss while everything runs, then check again')
    .action(async (_, command: Command) => {
      const { fix, ...options } = command.optsWithGlobals<OutputOptions & { fix?: boolean }>();
      const output = createOutput(options);
      const { readConfig } = await import('@mycelium/config');
      const { examine } = await import('../doctor/examine.ts');
      const config = readConfig();
      let findings = await examine(config);
      const fixes = findings.flatMap(({ fix }) => fix ?? []);
      if (fix && fixes.length > 0) {
        for (const { does, run } of fixes) {
          const error = await run(config).catch((failure: Error) => failure);
          if (error) output.warn(`✗ ${does}: ${error.message}`);
          else output.done('fixed', does);
        }
        findings = await examine(config);
      }
      for (const { about, verdict, says } of findings) {
        output.line(`${marks[verdict]} ${about.padEnd(11)} ${hanging(says, 14)}`);
      }
      const left = findings.flatMap(({ fix }) => fix ?? []);
      if (left.length > 0 && !fix)
        output.line(`\nmycelium doctor --fix ${left.map(({ does }) => does).join('; ')}.`);
      output.result(findings);
      if (findings.some(({ verdict }) => verdict === 'bad')) process.exitCode = 1;
    });
}
