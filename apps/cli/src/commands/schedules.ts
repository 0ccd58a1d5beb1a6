import { Command } from 'commander';
import { createOutput, type Output } from '../output.ts';

export function schedulesCommand(): Command {
  const schedules = new Command('schedules')
    .summary('list scheduled jobs; pause and resume them')
    .description(
      'Lists the scheduled jobs with their last and next runs, how their slots of the last week ended (ran, coalesced ' +
        'into a later one, missed or paused), and which processes are waiting because something is down.',
    )
    .action(async (_, command: Command) => list(createOutput(command.optsWithGlobals())));
  schedules
    .command('pause')
    .description('Pauses a schedule. Slots that fall into the pause do not run and are not caught up on.')
    .argument('<job>', 'job to pause, such as daily_env_stats')
    .action((job, _, command: Command) => change(job, true, createOutput(command.optsWithGlobals())));
  schedules
    .command('resume')
    .description('Resumes a schedule, from its next slot on.')
    .argument('<job>', 'job to resume')
    .action((job, _, command: Command) => change(job, false, createOutput(command.optsWithGlobals())));
  return schedules;
}

const outcomeDays = 7;
/** After this long without a heartbeat a process counts as dead, and its last report is outdated. */
const silenceSeconds = 60;

async function list(output: Output) {
  const { formatLocal } = await import('@mycelium/farm');
  const { listHeartbeats, listRuns, pausedSchedules, slotOutcomes } = await import('@mycelium/database');
  const { jobs, timetable } = await import('@mycelium/queue');
  const { withDatabase } = await import('../connections.ts');
  await withDatabase(async ({ pool, config }) => {
    const now = new Date();
    const local = (time: Date) => formatLocal(time, config.TZ);
    const [paused, outcomes, heartbeats] = await Promise.all([
      pausedSchedules(pool),
      slotOutcomes(pool, new Date(now.getTime() - outcomeDays * 86_400_000)),
      listHeartbeats(pool, now),
    ]);
    const troubled = heartbeats.filter(
      ({ trouble, seenAt }) => trouble && now.getTime() - seenAt.getTime() < silenceSeconds * 1_000,
    );
    const rows = [];
    for (const row of timetable(config.TZ, now)) {
      const [last] = await listRuns(pool, { job: row.id, limit: 1 });
      const {
        ran = 0,
        coalesced = 0,
        missed = 0,
        paused: atPause = 0,
      } = outcomes.find(({ job }) => job === row.id) ?? {};
      const service = serviceOf(jobs[row.id].queue);
      rows.push({
        ...row,
        lastRun: last ? { slot: last.slot, status: last.status, lateness: last.lateness } : null,
        slots: { days: outcomeDays, ran, coalesced, missed, paused: atPause },
        pausedSince: paused.get(row.id) ?? null,
        heldBack: troubled
          .filter((process) => process.service === service)
          .map(({ process, trouble, troubleSince }) => ({ process, trouble, since: troubleSince })),
      });
    }
    output.table(
      ['job', 'last run', 'next run', `last ${outcomeDays} days`, 'name', 'trigger'],
      rows.map(({ id, name, trigger, lastRun, slots, next, pausedSince }) => [
        id,
        lastRun && `${local(lastRun.slot)} ${lastRun.status}${late(lastRun.lateness)}`,
        pausedSince ? `paused since ${local(pausedSince)}` : next,
        outcomeText(slots),
        name,
        trigger,
      ]),
      [`last ${outcomeDays} days`, 'name', 'trigger'],
    );
    for (const { process, trouble, troubleSince } of troubled)
      output.warn(`${process} has been waiting since ${troubleSince && local(troubleSince)}: ${trouble}`);
    output.result(rows);
  });
}

/** The name of the processes that work on a queue. */
function serviceOf(queue: string): string {
  return queue === 'tables' ? 'scheduler' : `worker-${queue}`;
}

function outcomeText({
  ran,
  coalesced,
  missed,
  paused,
}: Record<'ran' | 'coalesced' | 'missed' | 'paused', number>) {
  const others = Object.entries({ coalesced, missed, paused }).filter(([, count]) => count > 0);
  return [`${ran} ran`, ...others.map(([how, count]) => `${count} ${how}`)].join(', ');
}

function late(seconds: number | null): string {
  if (seconds === null || seconds < 1) return '';
  if (seconds < 600) return `, ${Math.round(seconds)} s late`;
  return seconds < 36_000
    ? `, ${Math.round(seconds / 60)} min late`
    : `, ${Math.round(seconds / 3_600)} h late`;
}

async function change(name: string, pause: boolean, output: Output) {
  const { knownJob, pauseSchedule, resumeSchedule } = await import('@mycelium/operations');
  const { withConnections } = await import('../connections.ts');
  const { operationsOf } = await import('../operations.ts');
  const job = knownJob(name);
  await withConnections(async (connections) => {
    await (pause ? pauseSchedule : resumeSchedule)(operationsOf(connections), job);
    output.line(`${pause ? 'Paused' : 'Resumed'} ${job}. The scheduler picks it up within seconds.`);
    output.result({ job, paused: pause });
  });
}
