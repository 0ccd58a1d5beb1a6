import {
  commit,
  type EnvPoint,
  type LateReadings,
  markLate,
  type ObservedDay,
  observedDays,
  saveObserved,
  sensorRules,
} from '@mycelium/database';
import {
  addDays,
  canFreeze,
  climateDevice,
  type Day,
  dayBounds,
  dayOf,
  daysBetween,
  daysToLearnFrom,
  learnSensor,
  type SensorDay,
  type SensorRule,
  sensorProperties,
  sensorRulesAt,
} from '@mycelium/farm';
import type { RunContext } from '@mycelium/queue';
import type { Context } from './context.ts';
import { lookBack } from './day-readings.ts';
import { observeDay } from './sensor-history.ts';

type Job = Context & RunContext;
type DaysOfPoint = Map<Day, SensorDay>;

/**
 * Observes the sensors again on the days of late readings. Marks the days after them whose statistics look back to the
 * late readings, or that judge the sensor differently now.
 */
export async function observeAgain(job: Job, late: LateReadings[], points: EnvPoint[]): Promise<void> {
  const { pool, run, signal } = job;
  const { timeZone } = run;
  const byId = new Map(points.map((point) => [point.id, point]));
  const changed = new Map<Day, Map<number, EnvPoint>>();
  for (const { pointId, first, last } of late) {
    const point = byId.get(pointId);
    if (!point) continue;
    for (const day of daysBetween(dayOf(first, timeZone), dayOf(last, timeZone))) {
      changed.set(day, (changed.get(day) ?? new Map()).set(pointId, point));
    }
  }
  if (changed.size === 0) return;

  const observed: ObservedDay[] = [];
  for (const [day, own] of changed) {
    observed.push(...(await observeDay(pool, [...own.values()], day, timeZone, signal)));
  }
  const before = await knownDays(job, observed);
  const rules = await sensorRules(pool, run.slot);
  await commit(pool, run.lease, async (tx) => {
    await saveObserved(tx, observed);
    for (const [pointId, own] of Map.groupBy(observed, (one) => one.pointId)) {
      const point = byId.get(pointId) as EnvPoint;
      const old: DaysOfPoint = before.get(pointId) ?? new Map();
      const sensor = { point, rules, old, now: new Map([...old, ...byDay(own)]) };
      const marks = late.filter((mark) => mark.pointId === pointId);
      for (const day of daysAfter(own)) {
        const { start, end } = dayBounds(day, timeZone);
        if (!changes(sensor, day, { start, end, marks })) continue;
        await markLate(tx, [pointId], start, new Date(end.getTime() - 1));
      }
    }
  });
}

interface Sensor {
  point: EnvPoint;
  rules: SensorRule[];
  old: DaysOfPoint;
  now: DaysOfPoint;
}

/** Whether the late readings change the statistics of a later day that was computed. */
function changes(
  { point, rules, old, now }: Sensor,
  day: Day,
  { start, end, marks }: { start: Date; end: Date; marks: LateReadings[] },
): boolean {
  const own = old.get(day);
  if (!own) return false; // never computed
  const { metric, device } = point;
  const set = sensorRulesAt(rules, { deviceType: climateDevice, device, point: metric }, end.getTime() - 1);
  const was = sensorProperties(learnSensor(metric, window(day, old)), set);
  const is = sensorProperties(learnSensor(metric, window(day, now)), set);
  const repeats = own.changes < own.gaps;
  const highest = own.max ?? Number.NEGATIVE_INFINITY;
  const reaches = (ceiling = Number.POSITIVE_INFINITY) => highest >= ceiling;
  if (was.sampling !== is.sampling) return true;
  if (was.ceiling !== is.ceiling && (reaches(was.ceiling) || reaches(is.ceiling))) return true;
  if (repeats && canFreeze(metric, was) !== canFreeze(metric, is)) return true;
  const frozenBefore = repeats && canFreeze(metric, is) ? Math.max(lookBack, is.frozenAfter) : 0;
  const looksBack = is.sampling === 'on-change' ? is.holds : frozenBefore;
  return marks.some(({ last }) => last < start && last.getTime() >= start.getTime() - looksBack);
}

/** What is known of these points from a week before the first of the days to a week after the last. */
async function knownDays({ pool }: Job, observed: ObservedDay[]): Promise<Map<number, DaysOfPoint>> {
  const days = observed.map(({ day }) => day).sort();
  const known = await observedDays(
    pool,
    [...new Set(observed.map(({ pointId }) => pointId))],
    addDays(days[0] as Day, -daysToLearnFrom),
    addDays(days.at(-1) as Day, daysToLearnFrom),
  );
  const byPoint = Map.groupBy(known, ({ pointId }) => pointId);
  return new Map([...byPoint].map(([id, own]) => [id, byDay(own)]));
}

function byDay(days: ObservedDay[]): DaysOfPoint {
  return new Map(days.map((one) => [one.day, one]));
}

/** The days that learn from these days, without them. */
function daysAfter(own: ObservedDay[]): Day[] {
  const changed = new Set(own.map(({ day }) => day));
  const after = own.flatMap(({ day }) => daysBetween(addDays(day, 1), addDays(day, daysToLearnFrom)));
  return [...new Set(after)].filter((day) => !changed.has(day));
}

function window(day: Day, known: DaysOfPoint): SensorDay[] {
  const days = daysBetween(addDays(day, -daysToLearnFrom), day).map((one) => known.get(one));
  return days.filter((one) => one !== undefined);
}
