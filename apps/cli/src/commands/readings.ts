import { fill } from '@mycelium/words';
import { Command, Option } from 'commander';
import { wrongUsage } from '../command-errors.ts';
import { interruption, unlessInterrupted } from '../interruption.ts';
import { instant } from '../options.ts';
import { createOutput, type OutputOptions } from '../output.ts';

interface DeleteOptions extends OutputOptions {
  room?: string[];
  device?: string[];
  point?: string[];
  from?: Date;
  to?: Date;
  dryRun?: boolean;
}

const deleteHelp = `
Examples:
  mycelium readings delete --device mushroom_env_status_611 --point co2 \\
    --from 2026-06-01T08:00:00+08:00 --to 2026-06-01T11:00:00+08:00 --dry-run

Deleted readings cannot be recovered. The next runs compute their days again. 31 days are deleted at a time: after Ctrl-C
the earlier ones are deleted, and the same command deletes the rest.`;

export function readingsCommand(): Command {
  const readings = new Command('readings').summary('delete readings').description('Deletes readings.');
  readings
    .command('delete')
    .description('Deletes the readings of the given rooms, devices and points in a span of time.')
    .option('--room <room...>', 'only these rooms')
    .option('--device <device...>', 'only these devices')
    .option('--point <point...>', 'only these points, such as co2')
    .addOption(new Option('--from <time>', 'first time, with its zone').argParser(instant))
    .addOption(new Option('--to <time>', 'time up to which to delete, not included').argParser(instant))
    .option('--dry-run', 'count what would be deleted, and change nothing')
    .addHelpText('after', deleteHelp)
    .action(async (_, command: Command) => remove(command.optsWithGlobals<DeleteOptions>()));
  return readings;
}

async function remove({
  room,
  device,
  point,
  from,
  to,
  dryRun = false,
  ...shared
}: DeleteOptions): Promise<void> {
  if (!room && !device && !point) throw wrongUsage('Expected --room, --device or --point.');
  if (from && to && from >= to) throw wrongUsage('--from is not before --to. Swap them.');
  const output = createOutput(shared);
  const { deleteReadings, knownRooms } = await import('@mycelium/operations');
  const { withConnections } = await import('../connections.ts');
  const { operationsOf } = await import('../operations.ts');
  const signal = interruption(
    'Interrupted. The earlier part of the span is deleted; the same command deletes the rest.',
  );
  await withConnections(async (connections) => {
    const ops = operationsOf(connections);
    const rooms = room && (await knownRooms(ops, room));
    const selection = { rooms, devices: device, points: point, from, until: to };
    const deleted = await unlessInterrupted(signal, deleteReadings(ops, selection, { dryRun, signal }));
    output.line(
      fill(
        `{readings:reading|readings} of {points:point|points} ${dryRun ? 'would be deleted' : 'deleted'}.`,
        deleted,
      ),
    );
    output.result({ ...deleted, dryRun });
    if (deleted.points === 0) process.exitCode = 1;
  });
}
