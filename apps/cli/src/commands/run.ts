import type { Day } from '@mycelium/calendar';
import { Command, Option } from 'commander';
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
  const runnable = [...scheduledJobs, 'create_tables'] as const;
  const job = jobNamed(name, runnable);
  await withHouse(async (house) => {
    const now = new Date();
    const { TZ } = house.config;
    const due = () => (job === 'create_tables' ? now : latestSlot(job, TZ, now));
    const slot = at ?? (day ? slotForDay(job, day, TZ) : due());
    if (wait) return followOne(house, { job, slot, payload: {} }, output);
    const { id } = await enqueueSlot(house.queues, job, slot, 'manual', {});
    output.line(
      `${job} for ${slot.toISOString()} is in the queue (${id}); \`mycelium runs\` tells how it went.`,
    );
    output.result({ job, slot, id });
  });
}
