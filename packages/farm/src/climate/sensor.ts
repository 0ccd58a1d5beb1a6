import type { Metric } from './metric.ts';
import { topOfScale } from './plausible.ts';

/** `on-change` sensors report only when something changes: their last value holds until the next one. */
export const samplings = ['regular', 'on-change'] as const;
export type Sampling = (typeof samplings)[number];

/** How a sensor behaves. What its reader set takes precedence over what its readings show. */
export interface SensorProperties {
  sampling: Sampling;
  /** Milliseconds that a value of an on-change sensor holds at most. */
  holds: number;
  /** The highest value that the sensor reports, whatever the room has. */
  ceiling?: number | undefined;
  /** The smallest difference between its values. */
  step?: number | undefined;
  /** Milliseconds after which a sensor that should move, and has not moved, counts as frozen. */
  frozenAfter: number;
}

/** A version of what was set for a kind of point, or for one device. Null: it is learned. */
export interface SensorRule {
  deviceType: string;
  point: string;
  /** `*` for all devices of the type. */
  device: string;
  /** Milliseconds since 1970; -Infinity means always. */
  validFrom: number;
  sampling: Sampling | null;
  holds: number | null;
  ceiling: number | null;
  step: number | null;
  frozenAfter: number | null;
}

/** What the plausible readings of one local day show of their sensor. */
export interface SensorDay {
  /** Null on a day without readings, and so on. */
  min: number | null;
  max: number | null;
  /** The smallest difference between its distinct values; null if there is only one. */
  step: number | null;
  /** The longest stretch at the maximum, in milliseconds from its first reading to its last. */
  atMax: number;
  /** Stretches at the maximum of `frozenAfter` or longer that a lower reading ended. */
  leftMax: number;
  /** Gaps between readings; 0 if they are too few to measure. */
  gaps: number;
  /** Gaps that are about a multiple of one interval. */
  regularGaps: number;
  /** Gaps between two different values. */
  changes: number;
}

const hour = 3_600_000;

/** Real sensors repeat a value for two hours at most. */
export const usualFrozenAfter = 3 * hour;
const usualHolds = 24 * hour;

/** Sensors this coarse can show one value for hours in a steady room. */
const coarse: Record<Metric, number> = { temperature: 0.5, humidity: 1, co2: 50 };

/** Where the scales of usual CO2 sensors end. */
const scaleEnds: Record<Metric, number[]> = {
  temperature: [],
  humidity: [],
  co2: [2_000, 5_000, 10_000, 40_000],
};
/** A maximum at the end of a usual scale is its ceiling if the sensor stayed there this long. */
const atScaleEnd = hour / 2;

/** One stray value of a steady sensor does not show how finely it measures. */
const enoughChanges = 12;

/** Days before the current one from which a sensor's properties are learned. */
export const daysToLearnFrom = 7;

type Learned = Pick<SensorProperties, 'sampling' | 'ceiling' | 'step'>;

/** The properties that a sensor's readings show. Of an unknown sensor: a regular one of unknown step. */
export function learnSensor(metric: Metric, days: SensorDay[]): Learned {
  const step = stepOf(days);
  return { sampling: samplingOf(days), ceiling: ceilingOf(metric, days, step), step };
}

function stepOf(days: SensorDay[]): number | undefined {
  if (total(days, 'changes') < enoughChanges) return;
  const values = days.flatMap(({ min, max }) => [min, max]).filter((value) => value !== null);
  const steps = days.map(({ step }) => step).filter((step) => step !== null);
  const between = smallestStep(Float64Array.from(values).sort());
  const all = between === undefined ? steps : [...steps, between];
  return all.length > 0 ? Math.min(...all) : undefined;
}

/** The smallest difference between the distinct ones of these sorted values, without the errors of binary fractions. */
export function smallestStep(sorted: Float64Array): number | undefined {
  let smallest = Number.POSITIVE_INFINITY;
  for (let n = 1; n < sorted.length; n++) {
    const step = (sorted[n] as number) - (sorted[n - 1] as number);
    if (step < smallest && step > 1e-6) smallest = step;
  }
  return smallest === Number.POSITIVE_INFINITY ? undefined : Math.round(smallest * 1e6) / 1e6;
}

function samplingOf(days: SensorDay[]): Sampling {
  const gaps = total(days, 'gaps');
  const differs = total(days, 'changes') >= 0.95 * gaps;
  return gaps >= 24 && differs && total(days, 'regularGaps') < regularShare * gaps ? 'on-change' : 'regular';
}

function total(days: SensorDay[], name: 'gaps' | 'regularGaps' | 'changes'): number {
  return days.reduce((sum, day) => sum + day[name], 0);
}

/** The share of gaps that fit one interval, from which on a sensor is regular and its other gaps are lost readings. */
export const regularShare = 0.6;

function ceilingOf(metric: Metric, days: SensorDay[], step: number | undefined): number | undefined {
  const max = Math.max(...days.map((day) => day.max ?? Number.NEGATIVE_INFINITY));
  if (max >= topOfScale(metric)) return;
  const at = days.filter((day) => day.max === max);
  const longest = Math.max(...at.map(({ atMax }) => atMax));
  if (scaleEnds[metric].includes(max) && longest >= atScaleEnd) return max;
  const left = at.reduce((sum, { leftMax }) => sum + leftMax, 0);
  return left >= 2 && isFine(metric, step) ? max : undefined;
}

/** Whether a sensor shows such small differences that it cannot stay still in a room that is alive. */
function isFine(metric: Metric, step: number | undefined): boolean {
  return step !== undefined && step < coarse[metric];
}

/** Whether a sensor that does not move for `frozenAfter` is broken, apart from stretches at the end of its scale. */
export function canFreeze(metric: Metric, { sampling, step }: SensorProperties): boolean {
  return sampling === 'regular' && isFine(metric, step);
}

/** What a day's statistics say of how its sensor moved; null where they were computed before that was measured. */
interface Movement {
  sampling: Sampling | null;
  unmovedMinutes: number | null;
  saturatedMinutes: number | null;
  ceilingMinutes: number | null;
}

/** Minutes that a sensor stood still, if for long, and not for reporting only changes or the end of its scale; or 0. */
export function unexplainedStillness(day: Movement): number {
  const still = day.unmovedMinutes ?? 0;
  const atTheEnd = Math.max(day.saturatedMinutes ?? 0, day.ceilingMinutes ?? 0);
  return day.sampling === 'regular' && still >= usualFrozenAfter / 60_000 && still > atTheEnd ? still : 0;
}

/** The properties on a day: each one as set for the device, or for all of its type, or else as learned. */
export function sensorProperties(learned: Learned, rules: SensorRule[]): SensorProperties {
  const set = <Name extends keyof SensorProperties>(name: Name) =>
    rules.find((rule) => rule[name] !== null)?.[name] as SensorProperties[Name] | undefined;
  return {
    sampling: set('sampling') ?? learned.sampling,
    holds: set('holds') ?? usualHolds,
    ceiling: set('ceiling') ?? learned.ceiling,
    step: set('step') ?? learned.step,
    frozenAfter: set('frozenAfter') ?? usualFrozenAfter,
  };
}

/**
 * The versions that hold for a device at an instant, its own before that for all devices. A day uses the versions that
 * are valid when it ends.
 */
export function sensorRulesAt(
  rules: SensorRule[],
  { deviceType, device, point }: { deviceType: string; device: string; point: string },
  at: number,
): SensorRule[] {
  const latest = (name: string) =>
    rules
      .filter((rule) => rule.deviceType === deviceType && rule.point === point && rule.device === name)
      .filter(({ validFrom }) => validFrom <= at)
      .sort((a, b) => b.validFrom - a.validFrom)[0];
  return [latest(device), latest('*')].filter((rule) => rule !== undefined);
}
