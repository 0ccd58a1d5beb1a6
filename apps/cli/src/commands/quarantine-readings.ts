import type { ReadingSelection } from '@mycelium/database';
import { implausibleTimes } from '@mycelium/farm';
import { fill } from '@mycelium/words';
import { Command, Option } from 'commander';
import { wrongUsage } from '../command-errors.ts';
import { createOutput, type OutputOptions } from '../output.ts';

interface SelectOptions extends OutputOptions {
  room?: string[];
  reason?: ReadingSelection['reason'];
  all?: boolean;
}

/** `mycelium quarantine readings`: readings whose time cannot be right. */
export function readingsCommand(): Command {
  const readings = new Command('readings')
    .summary('list, release or discard readings of wrong times')
    .description(
      'Lists, releases or discards readings that are ahead of the clock (READING_MAX_AHEAD_HOURS) or before the first day of the farm (FARM_FIRST_DAY).',
    );
  readings
    .command('list', { isDefault: true })
    .description('Lists the devices with quarantined readings, and the times by their clocks.')
    .action(async (_, command: Command) => list(command.optsWithGlobals<OutputOptions>()));
  const acts = {
    release: 'Stores quarantined readings as they are.',
    discard: 'Deletes quarantined readings.',
  };
  for (const [name, description] of Object.entries(acts)) {
    readings
      .command(name)
      .description(`${description} Those of the devices named, or every one with --all.`)
      .argument('[device...]', 'devices as `quarantine readings` shows them')
      .option('--room <room...>', 'only these rooms')
      .addOption(new Option('--reason <reason>', 'only this reason').choices(implausibleTimes))
      .option('--all', 'every quarantined reading')
      .action(async (devices: string[], _, command: Command) =>
        act(name as keyof typeof acts, devices, command.optsWithGlobals<SelectOptions>()),
      );
  }
  return readings;
}

async function list(options: OutputOptions): Promise<void> {
  const output = createOutput(options);
  const { listReadingQuarantine } = await import('@mycelium/database');
  const { formatLocal } = await import('@mycelium/farm');
  const { withDatabase } = await import('../connections.ts');
  await withDatabase(async ({ pool, config }) => {
    const rows = await listReadingQuarantine(pool);
    const local = (instant: Date) => formatLocal(instant, config.TZ);
    output.table(
      ['room', 'device', 'reason', 'readings', 'first', 'last', 'received'],
      rows.map(({ room, device, reason, count, first, last, receivedAt }) => [
        ...[room, device, reason, count, local(first), local(last), local(receivedAt)],
      ]),
      ['first', 'received'],
    );
    output.result(rows);
  });
}

async function act(name: 'release' | 'discard', devices: string[], options: SelectOptions): Promise<void> {
  const { room: rooms, reason, all } = options;
  if (devices.length === 0 && !rooms && !reason && !all)
    throw wrongUsage('Expected devices, --room, --reason, or --all.');
  const output = createOutput(options);
  const { discardQuarantinedReadings, releaseQuarantinedReadings } = await import('@mycelium/operations');
  const { withConnections } = await import('../connections.ts');
  const { operationsOf } = await import('../operations.ts');
  await withConnections(async (connections) => {
    const selection = { rooms, reason, devices: devices.length > 0 ? devices : undefined };
    const operation = name === 'release' ? releaseQuarantinedReadings : discardQuarantinedReadings;
    const readings = await operation(operationsOf(connections), selection);
    output.line(
      fill(`{readings:reading|readings} ${name === 'release' ? 'released' : 'discarded'}.`, { readings }),
    );
    output.result({ [name === 'release' ? 'released' : 'discarded']: readings });
    if (readings === 0) process.exitCode = 1;
  });
}
