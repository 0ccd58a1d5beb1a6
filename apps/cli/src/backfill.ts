import { activeModel, findRun, pendingDays, staleDays } from '@mycelium/database';
import { addDays, type Day, dayOf, daysBetween } from '@mycelium/farm';
import { type JobName, scheduledJobs, slotForDay } from '@mycelium/queue';
import { type DayStanding, type PlannedDay, planBackfill } from './backfill-plan.ts';
import { WrongUsage } from './command-errors.ts';
import type { BackfillOptions } from './commands/backfill.ts';
import { type Followed, followRun } from './follow-run.ts';
import { type House, jobNamed, withHouse } from './house.ts';
import type { Output } from './output.ts';
import { silentBar } from './progress-bar.ts';

const outstanding = 4;

/** Runs a job for every day that needs it; the second time there is nothing to do. */
export async function backfill(name: string, options: BackfillOptions, output: Output): Promise<void> {
  const job = jobNamed(name, scheduledJobs);
  await withHouse(async (house) => {
    const { from, to, only, dryRun } = options;
    const yesterday = addDays(dayOf(new Date(), house.config.TZ), -1);
    if (to < from) throw new WrongUsage(`--to ${to} is before --from ${from}`);
    if (to > yesterday)
      throw new WrongUsage(`--to ${to} is not over yet; the last whole day is ${yesterday}`);

    const plan = planBackfill(await standing(house, job, daysBetween(from, to)), only, house.config.TZ);
    output.table(
      ['day', 'slot', 'why'],
      plan.map(({ day, slot, reason }) => [day, slot.toISOString(), reason]),
    );
    if (dryRun || plan.length === 0) {
      output.line(plan.length === 0 ? 'Nothing to do.' : `${plan.length} days would be run.`);
      return output.result({ job, plan, runs: [] });
    }
    const runs = await runAll(house, job, plan, output);
    const failed = runs.filter(({ status }) => status !== 'succeeded');
    for (const run of failed) output.warn(`${run.slot.toISOString()}: ${'error' in run && run.error}`);
    output.line(`${runs.length - failed.length} done, ${failed.length} failed.`);
    output.result({ job, plan, runs });
    if (failed.length > 0) process.exitCode = 1;
  });
}

async function standing(house: House, job: JobName, days: Day[]): Promise<DayStanding[]> {
  const { pool, config } = house;
  const late = new Set(await lateDays(house, job, days));
  const standings: DayStanding[] = [];
  for (const day of days) {
    const slot = slotForDay(job, day, config.TZ);
    standings.push({ day, slot, run: await findRun(pool, job, slot), late: late.has(day) });
  }
  return standings;
}

async function lateDays({ pool, config }: House, job: JobName, days: Day[]): Promise<Day[]> {
  const span = { from: days[0] as Day, to: days.at(-1) as Day, timeZone: config.TZ };
  if (job === 'daily_env_stats') return (await staleDays(pool, 'readings', span)).map(({ day }) => day);
  if (job === 'hourly_setpoint_monitoring') {
    return (await staleDays(pool, 'setpoints', span)).map(({ day }) => day);
  }
  if (job === 'daily_clip_inference') {
    const key = await wantedModel(pool, config);
    const [from, to] = [days[0] as Day, days.at(-1) as Day];
    return key ? pendingDays(pool, { from, to, modelKey: key }) : [];
  }
  return [];
}

/** The model that clip workers of these settings load; without one, the model in use. */
async function wantedModel(
  pool: House['pool'],
  { CLIP_MODEL, MODEL_DIR, CLIP_DTYPE }: House['config'],
): Promise<string | undefined> {
  if (!CLIP_MODEL) return (await activeModel(pool))?.key;
  const { modelKey, probeModel } = await import('@mycelium/encoder');
  return modelKey(await probeModel({ model: CLIP_MODEL, modelDir: MODEL_DIR, dtype: CLIP_DTYPE }));
}

/** A few at a time: the queue stays free for what the timetable wants. */
async function runAll(house: House, job: JobName, plan: PlannedDay[], output: Output): Promise<Followed[]> {
  const bar = output.bar(`backfill ${job}`);
  const runs: Followed[] = [];
  const left = [...plan];
  let abandoned = false;
  const follow = async () => {
    for (let next = left.shift(); next && !abandoned; next = left.shift()) {
      const run = await followRun(house, { job, slot: next.slot, cause: 'backfill', payload: {} }, silentBar);
      runs.push(run);
      // Without a worker, the days that are not asked for yet would only pile up.
      abandoned ||= run.status === 'waiting';
      bar.update(runs.length, plan.length, next.day);
    }
  };
  await Promise.all(Array.from({ length: outstanding }, follow));
  bar.end(abandoned ? 'given up' : 'done');
  return runs.sort((a, b) => a.slot.getTime() - b.slot.getTime());
}
