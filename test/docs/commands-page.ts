import { buildProgram } from '@mycelium/cli/src/program.ts';
import type { Command } from 'commander';
import { markdownTable } from './markdown-table.ts';

const intro = `# Commands

\`npx mycelium COMMAND --help\` prints the same text. A command finds the servers of a running \`npm start\` by itself;
for other servers, set REDIS_URL and DATABASE_URL ([Settings](settings.md)).

Exit codes: 0 done, 1 failed, 2 wrong usage, 130 interrupted with Ctrl-C.

`;

/** Generates docs/commands.md from the commands themselves. */
export function commandsPage(): string {
  const program = buildProgram();
  const commands = program.commands.filter((command) => command.name() !== 'help');
  const overview = commands.map((command) => [
    `[\`${command.name()}\`](#${anchor(heading(command))})`,
    command.summary() || command.description(),
  ]);
  return [
    intro + markdownTable(['command', 'what it does'], overview),
    `Every command takes:\n\n${optionsTable(program)}`,
    ...commands.flatMap((command) => sections(command, [])),
  ]
    .join('\n\n')
    .concat('\n');
}

function sections(command: Command, parents: string[]): string[] {
  const names = [...parents, command.name()];
  const subcommands = command.commands.filter((sub) => sub.name() !== 'help');
  const level = '#'.repeat(2 + parents.length);
  const parts = [
    `${level} ${parents.length === 0 ? heading(command) : [...parents, heading(command)].join(' ')}`,
  ];
  if (command.description()) parts.push(command.description());
  if (command.registeredArguments.length > 0) {
    const rows = command.registeredArguments.map((argument) => [
      `\`${argument.required ? `<${argument.name()}>` : `[${argument.name()}]`}\``,
      [argument.description, choices(argument.argChoices)].filter(Boolean).join('. '),
    ]);
    parts.push(markdownTable(['argument', 'meaning'], rows));
  }
  if (command.options.length > 0) parts.push(optionsTable(command));
  const after = textAfterHelp(command);
  if (after) parts.push(`\`\`\`text\n${after}\n\`\`\``);
  return [...parts, ...subcommands.flatMap((sub) => sections(sub, names))];
}

function heading(command: Command): string {
  const args = command.registeredArguments.map((argument) => {
    const name = `${argument.name().toUpperCase()}${argument.variadic ? '…' : ''}`;
    return argument.required ? name : `[${name}]`;
  });
  return [command.name(), ...args].join(' ');
}

/** The anchor that GitHub generates for a heading. */
function anchor(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^\w\s-]/g, '')
    .trim()
    .replace(/\s/g, '-');
}

function optionsTable(command: Command): string {
  const rows = command.options.map((option) => [
    `\`${option.flags}\`${option.mandatory ? ' (required)' : ''}`,
    [
      option.description,
      choices(option.argChoices),
      option.defaultValue !== undefined &&
        option.defaultValue !== true &&
        `Default: \`${option.defaultValue}\`.`,
    ]
      .filter(Boolean)
      .join('. ')
      .replace('..', '.'),
  ]);
  return markdownTable(['option', 'meaning'], rows);
}

function choices(values: string[] | undefined): string | undefined {
  return values && `One of ${values.map((value) => `\`${value}\``).join(', ')}`;
}

/** Examples and remarks that a command prints after its help. */
function textAfterHelp(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (more) => (text += more) }).outputHelp();
  return text.slice(command.helpInformation().length).trim();
}
