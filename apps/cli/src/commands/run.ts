import { type Day, dayBounds } from '@mycelium/farm';
import type { JobName } from '@mycelium/queue';
import { Command, Option } from 'commander';
import { WrongUsage } from '../command-errors.ts';
import { day, instant } from '../options.ts';
import type { Output } from '../output.ts';
import { createOutput } from '../output.ts';

interface RunOptions {
  day?: Day;
  slot?: Date;
  wait?: boolean;
  json?: boolean;
}

export function runJobCommand(): Command {
  return new Command('run')
    .summary('run a job of the timetable once')
    .description(
      'Puts one run into the queue: for a day, for a scheduled time, or for the newest slot that is due.',
    )
    .argument('<job>', 'such as daily_env_stats; `mycelium schedules` lists them')
    .addOption(
      new Option('--day <day>', 'the day it is to look at, YYYY-MM-DD').argParser(day).conflicts('slot'),
    )
    .addOption(new Option('--slot <time>', 'the scheduled time, with its zone').argParser(instant))
    .option('--wait', 'watch it and print its report')
    .action(async (job, _, command: Command) => {
      const options = command.optsWithGlobals<RunOptions>();
      await run(job, options, createOutput(options.json));
    });
}

async function run(name: string, { day, slot: at, wait }: RunOptions, output: Output) {
  const { enqueueSlot, latestSlot, scheduledJobs, slotForDay } = await import('@mycelium/queue');
  const { jobNamed, withHouse } = await import('../house.ts');
  const { followOne } = await import('../follow-one.ts');
  const job = jobNamed(name, [...scheduledJobs, 'create_tables']);
  await withHouse(async (house) => {
    const { TZ } = house.config;
    const now = new Date();
    const latest = () => (job === 'create_tables' ? now : latestSlot(job, TZ, now));
    if (day) refuseUnfinished(day, now, TZ);
    const slot = at ?? (day ? slotForDay(job, day, TZ) : latest());
    if (at) await refuseOtherTimes(job, at, now, TZ);

    if (wait) return followOne(house, { job, slot, payload: {} }, output);
    const { id } = await enqueueSlot(house.queues, job, slot, 'manual', {});
    output.line(
      `${job} for ${slot.toISOString()} is in the queue (${id}); \`mycelium runs\` tells how it went.`,
    );
    output.result({ job, slot, id });
  });
}

/** Half a day's run would stand in the ledger for the whole, and the timetable's would not be run. */
function refuseUnfinished(day: Day, now: Date, timeZone: string) {
  if (dayBounds(day, timeZone).end > now) throw new WrongUsage(`${day} is not over yet`);
}

/** A time that is not the timetable's would be a run that nothing else knows of. */
async function refuseOtherTimes(job: JobName, at: Date, now: Date, timeZone: string) {
  const { latestSlot } = await import('@mycelium/queue');
  if (at > now) throw new WrongUsage(`${at.toISOString()} has not come yet`);
  const slot = latestSlot(job, timeZone, at);
  if (slot.getTime() !== at.getTime()) {
    throw new WrongUsage(
      `${job} was not due at ${at.toISOString()}; before that it was at ${slot.toISOString()}`,
    );
  }
}
