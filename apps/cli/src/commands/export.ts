import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { fill } from '@mycelium/words';
import { Argument, Command, Option } from 'commander';
import { wrongUsage } from '../command-errors.ts';
import { interruption, unlessInterrupted } from '../interruption.ts';
import { day } from '../options.ts';
import { createOutput, type OutputOptions } from '../output.ts';

interface ExportOptions extends OutputOptions {
  from: string;
  to: string;
  room?: string[];
  format?: 'csv' | 'json' | 'parquet';
  out?: string;
}

type What = 'stats' | 'changes' | 'readings';

const exportHelp = `
Examples:
  mycelium export stats --from 2025-12-01 --to 2025-12-31 --out december.csv
  mycelium export changes --from 2025-12-24 --to 2025-12-24 --room 611 --format json
  mycelium export readings --from 2025-12-01 --to 2025-12-31 --format parquet --out december.parquet

Days are in the farm's time zone; times in the files are in UTC. \`import readings\` reads exported readings.`;

export function exportCommand(): Command {
  return new Command('export')
    .summary('write statistics, changes or readings as CSV, JSON or Parquet')
    .description(
      'Writes the daily statistics, setpoint changes or readings of a range of days to a file or to standard output.',
    )
    .addArgument(new Argument('<what>', 'table to export').choices(['stats', 'changes', 'readings']))
    .addOption(new Option('--from <day>', 'first day, YYYY-MM-DD').argParser(day).makeOptionMandatory())
    .addOption(new Option('--to <day>', 'last day, YYYY-MM-DD').argParser(day).makeOptionMandatory())
    .option('--room <room...>', 'only these rooms')
    .addOption(
      new Option('--format <format>', 'file format; the default is csv, or json with --json').choices([
        'csv',
        'json',
        'parquet',
      ]),
    )
    .option('--out <file>', 'write to this file instead of standard output')
    .addHelpText('after', exportHelp)
    .action(async (what: What, _, command: Command) => exportTable(what, command.optsWithGlobals()));
}

async function exportTable(what: What, options: ExportOptions) {
  const { json = false, wide, from, to, room, out } = options;
  const format = options.format ?? (json ? 'json' : 'csv');
  if (from > to) throw wrongUsage(`--from ${from} is after --to ${to}. Swap them.`);
  if (!out && format === 'parquet' && process.stdout.isTTY) {
    throw wrongUsage('A terminal cannot show Parquet. Name a file with --out.');
  }
  const { knownRooms } = await import('@mycelium/operations');
  const { withDatabase } = await import('../connections.ts');
  const { formats } = await import('../export-formats.ts');
  const { tables } = await import('../export-tables.ts');
  const output = createOutput({ json: json || !out, wide });
  const signal = interruption('Interrupted. No file was written.');
  await withDatabase(async ({ pool, config }) => {
    const rooms = room && (await knownRooms({ pool, aliases: config.ROOM_ALIASES }, room));
    const bar = out ? output.bar(out) : undefined;
    let count = 0;
    const { columns, rows } = tables[what];
    async function* counted() {
      const onDay = (done: number, total: number) => bar?.update(done, total, 'days');
      for await (const some of rows({ pool, timeZone: config.TZ, from, to, rooms, onDay, signal })) {
        count += some.length;
        yield some;
      }
    }
    const writing = (stream: Writable) =>
      formats[format](columns, counted(), (chunk) => write(stream, chunk));
    await unlessInterrupted(signal, out ? toFile(out, writing) : writing(process.stdout));
    bar?.end();
    output.line(fill('  {n:row|rows}', { n: count }));
    if (out) output.result({ what, from, to, format, out, rows: count });
  });
}

async function write(stream: Writable, chunk: string | Uint8Array): Promise<void> {
  if (!stream.write(chunk)) await once(stream, 'drain');
}

/** Writes a temporary file and renames it, so that there is always a complete file under the name. */
async function toFile(file: string, writing: (stream: Writable) => Promise<void>): Promise<void> {
  const part = `${file}.part`;
  const stream = createWriteStream(part);
  const ended = finished(stream);
  try {
    // A full disk ends the stream, and the writer waiting for it would never notice.
    await Promise.race([writing(stream).then(() => stream.end()), ended]);
    await ended;
    await rename(part, file);
  } catch (error) {
    stream.destroy();
    await rm(part, { force: true });
    throw error;
  }
}
