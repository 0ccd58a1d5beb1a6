import { Command, Option } from 'commander';
import { importReadingFiles, type ReadingsOptions } from '../import-files.ts';
import { count } from '../options.ts';
import { createOutput } from '../output.ts';

const help = `
Long form, one reading per line: time,room,device,point,value
Wide form, one column per point:
  mycelium import readings climate.csv --room 611 \\
    --map Tair=mushroom_env_status_611.temperature \\
    --map RH=mushroom_env_status_611.humidity
Without --map a proposal is shown; on a terminal it can be accepted.

Files may be UTF-8, UTF-16 or Windows-1252, and gzip or zip. Files of HOBO,
Aranet, Govee, SensorPush, Campbell TOA5, Home Assistant, InfluxDB and Mycodo
are recognised.

Bad lines and cells are listed and left out; all others are imported. Words for
nothing are no reading. Importing a file again changes nothing.
Exit codes: 0 done, 1 with bad lines (unless --skip-bad), 2 if something must be
decided first.`;

export function importReadingsCommand(): Command {
  return new Command('readings')
    .description('Imports readings of sensors and controllers from files of loggers.')
    .argument('<file...>', 'CSV files')
    .option('--preview', 'show what the files are and how they would be read; store nothing')
    .option('--room <room>', 'room that a wide file is from')
    .addOption(
      new Option(
        '--map <COLUMN=DEVICE.POINT[:UNIT]>',
        'which point a column holds, and its unit in the file; repeatable',
      ).argParser(collect),
    )
    .addOption(
      new Option('--time-column <name>', 'column with the times, or Date+Time for two; repeatable').argParser(
        collect,
      ),
    )
    .option('--time-format <format>', 'such as "DD.MM.YYYY HH:mm", "%d.%m.%Y %H:%M", excel or epoch-s')
    .option('--zone <zone>', 'zone of the times, such as Europe/Berlin or +08:00; the default is farm time')
    .addOption(
      new Option('--repeated-hour <which>', 'for times of a repeated hour that nothing decides').choices([
        'first',
        'second',
      ]),
    )
    .option('--header-line <n>', 'line with the names of the columns', count)
    .option('--encoding <name>', 'utf-8, utf-16le, utf-16be or windows-1252')
    .option('--separator <sign>', 'sign between the columns, or "tab"')
    .addOption(new Option('--decimal <sign>', 'decimal sign').choices(['.', ',']))
    .addOption(new Option('--missing <word>', 'another word for no reading; repeatable').argParser(collect))
    .option('--profile <name>', 'saved or shipped profile, or "none"')
    .option('--save-profile <name>', 'keep how this file is read for the next one')
    .option('--strict', 'refuse points that are not registered instead of registering them')
    .option('--skip-bad', 'exit with 0 even if there are bad lines; they are still listed')
    .addHelpText('after', help)
    .action(async (files: string[], _, command: Command) => {
      const options = command.optsWithGlobals<ReadingsOptions>();
      await importReadingFiles(files, options, createOutput(options));
    });
}

function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}
