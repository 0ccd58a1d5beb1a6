import { Command } from 'commander';
import type { Output } from '../output.ts';
import { createOutput } from '../output.ts';

export function schedulesCommand(): Command {
  const schedules = new Command('schedules')
    .summary('what runs when; pause and resume it')
    .description('Every job of the timetable with its last and next run.')
    .action(async (_, command: Command) => list(createOutput(command.optsWithGlobals().json)));
  schedules
    .command('pause <job>')
    .description('Its slots are not due from now on, until it is resumed.')
    .action((job, _, command: Command) => change(job, true, createOutput(command.optsWithGlobals().json)));
  schedules
    .command('resume <job>')
    .description('Its slots are due again from now on.')
    .action((job, _, command: Command) => change(job, false, createOutput(command.optsWithGlobals().json)));
  return schedules;
}

async function list(output: Output) {
  const { formatLocal } = await import('@mycelium/calendar');
  const { listRuns, pausedSchedules } = await import('@mycelium/database');
  const { timetable } = await import('@mycelium/queue');
  const { withDatabase } = await import('../house.ts');
  await withDatabase(async ({ pool, config }) => {
    const paused = await pausedSchedules(pool);
    const rows = [];
    for (const row of timetable(config.TZ, new Date())) {
      const [last] = await listRuns(pool, { job: row.id, limit: 1 });
      const lastRun = last ? { slot: last.slot, status: last.status } : null;
      rows.push({ ...row, lastRun, pausedSince: paused.get(row.id) ?? null });
    }
    output.table(
      ['job', 'name', 'trigger', 'last run', 'next run'],
      rows.map(({ id, name, trigger, lastRun, next, pausedSince }) => [
        id,
        name,
        trigger,
        lastRun && `${formatLocal(lastRun.slot, config.TZ)} ${lastRun.status}`,
        pausedSince ? `paused since ${formatLocal(pausedSince, config.TZ)}` : next,
      ]),
    );
    output.result(rows);
  });
}

async function change(name: string, pause: boolean, output: Output) {
  const { pauseSchedule, resumeSchedule } = await import('@mycelium/database');
  const { scheduledJobs } = await import('@mycelium/queue');
  const { jobNamed, withDatabase } = await import('../house.ts');
  const { CommandFailed } = await import('../command-errors.ts');
  const job = jobNamed(name, scheduledJobs);
  await withDatabase(async ({ pool }) => {
    const known = pause ? await pauseSchedule(pool, job, new Date()) : await resumeSchedule(pool, job);
    if (!known) throw new CommandFailed(`no scheduler has run here yet, so ${job} has no schedule to change`);
    output.line(`${job} is ${pause ? 'paused' : 'on again'}; the scheduler follows within seconds.`);
    output.result({ job, paused: pause });
  });
}
