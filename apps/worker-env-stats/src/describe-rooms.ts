import {
  type EnvPoint,
  type EnvStatsRow,
  growthDays,
  type LastValue,
  lastValues,
  listBands,
  type ObservedDay,
  type Pool,
  type Series,
  sensorRules,
  streamReadings,
  usualGaps,
} from '@mycelium/database';
import {
  bandPieces,
  climateDevice,
  type Day,
  dayBounds,
  learnSensor,
  phaseOf,
  type SensorProperties,
  sensorProperties,
  sensorRulesAt,
} from '@mycelium/farm';
import type { Result } from '@mycelium/queue';
import { cadenceOf, enoughGaps } from './cadence.ts';
import { type DayReadings, dayReadings, lookBack, observe } from './day-readings.ts';
import { sensorHistory } from './sensor-history.ts';
import { describeDay } from './stats.ts';

/** The cadence of a point with too few readings to measure it: about one per minute. */
const usualCadence = 60_000;

export type SensorNote = NonNullable<Result<'daily_env_stats'>['sensors']>[number];

export interface DescribedRooms {
  rows: EnvStatsRow[];
  /** Sensors that had not moved, and whose readings were left out. */
  frozen: SensorNote[];
  /** What the readings showed of their sensors, to be saved with the rows. */
  observed: ObservedDay[];
}

interface OwnDay {
  day: Day;
  timeZone: string;
  start: Date;
  end: Date;
}

/**
 * Computes the day's rows from these points, without those that have no valid reading. If a room has several sensors of
 * a metric, the first with a valid reading that day is used. Reads one point after another.
 */
export async function describeRooms(
  pool: Pool,
  day: Day,
  timeZone: string,
  points: EnvPoint[],
  signal: AbortSignal,
): Promise<DescribedRooms> {
  const own = { day, timeZone, ...dayBounds(day, timeZone) };
  const bands = await listBands(pool, own.end);
  const growth = await growthOf(pool, points, own);
  const observed: ObservedDay[] = [];
  const frozen: SensorNote[] = [];
  const found = new Map<string, { rank: number; row: EnvStatsRow }>();
  const waiting: SensorReadings[] = [];
  for await (const read of readSensors(pool, points, own, observed, signal)) {
    if (read.cadence === undefined || read.sensor.sampling === 'on-change') waiting.push(read);
    else describe(read, read.cadence);
  }
  const gaps = await gapsOf(pool, waiting, own.end);
  const before = await valuesBefore(pool, waiting, own.start);
  for (const read of waiting) {
    const { id } = read.point;
    describe(read, read.cadence ?? gaps.get(id) ?? usualCadence, before.get(id));
  }
  return { rows: [...found.values()].map(({ row }) => row), frozen, observed };

  function describe({ point, readings, sensor }: SensorReadings, cadence: number, before?: LastValue): void {
    const { room, device, metric, rank } = point;
    const better = found.get(`${room} ${metric}`);
    if (better && better.rank < rank) return;
    const growthDay = growth.get(room);
    const pieces = bandPieces(bands, { room, metric, growthDay }, own);
    const described = describeDay({ readings, cadence, bands: pieces, sensor, before });
    const { stats, frozenCount, unmovedMinutes } = described;
    if (frozenCount > 0) {
      const left = { readings: frozenCount, minutes: unmovedMinutes };
      frozen.push({ room, day, metric, device, state: 'frozen', ...left });
    }
    if (!stats) return;
    const phase = growthDay === undefined ? null : phaseOf(growthDay);
    const row = { room, day, metric, ...stats, growthDay: growthDay ?? null, phase, timeZone };
    found.set(`${room} ${metric}`, { rank, row });
  }
}

interface SensorReadings {
  point: EnvPoint;
  readings: DayReadings;
  sensor: SensorProperties;
  /** Undefined when there are too few readings to measure it. */
  cadence: number | undefined;
}

/** The day's readings of each sensor, without sensors that have none and report regularly. */
async function* readSensors(
  pool: Pool,
  points: EnvPoint[],
  own: OwnDay,
  observed: ObservedDay[],
  signal: AbortSignal,
): AsyncGenerator<SensorReadings> {
  const span = { start: own.start.getTime(), end: own.end.getTime() };
  const rules = await sensorRules(pool, own.end);
  const history = await sensorHistory(pool, points, { ...own, signal });
  observed.push(...history.fresh);
  const silent = new Map(points.map((point) => [point.id, point]));
  const from = new Date(span.start - Math.max(lookBack, ...rules.map(({ frozenAfter }) => frozenAfter ?? 0)));
  for await (const series of streamReadings(pool, [...silent.keys()], from, own.end, signal)) {
    const point = silent.get(series.pointId);
    if (!point) continue;
    silent.delete(point.id);
    yield* read(point, series);
  }
  const nothing = { times: new Float64Array(0), values: new Float64Array(0) };
  for (const point of silent.values()) yield* read(point, nothing);

  function* read(point: EnvPoint, series: Omit<Series, 'pointId'>): Generator<SensorReadings> {
    const named = { deviceType: climateDevice, device: point.device, point: point.metric };
    const set = sensorRulesAt(rules, named, span.end - 1);
    const { frozenAfter } = sensorProperties({ sampling: 'regular' }, set);
    const readings = dayReadings(point.metric, series, span, Math.max(lookBack, frozenAfter));
    const seen = { pointId: point.id, day: own.day, ...observe(readings) };
    observed.push(seen);
    const learned = learnSensor(point.metric, [...(history.days.get(point.id) ?? []), seen]);
    const sensor = sensorProperties(learned, set);
    const { times, first } = readings;
    if (first === times.length && sensor.sampling === 'regular') return;
    yield { point, readings, sensor, cadence: first < times.length ? cadenceOf(times, first) : undefined };
  }
}

/** The usual gaps of the sensors with too few readings that day. */
function gapsOf(pool: Pool, waiting: SensorReadings[], before: Date): Promise<Map<number, number>> {
  const sparse = waiting.filter(({ cadence }) => cadence === undefined).map(({ point }) => point.id);
  return usualGaps(pool, sparse, before, enoughGaps);
}

/** The values that on-change sensors may still hold when the day begins. */
async function valuesBefore(
  pool: Pool,
  waiting: SensorReadings[],
  start: Date,
): Promise<Map<number, LastValue>> {
  const holding = waiting.filter(({ sensor }) => sensor.sampling === 'on-change');
  if (holding.length === 0) return new Map();
  const longest = Math.max(...holding.map(({ sensor }) => sensor.holds));
  const since = new Date(start.getTime() - longest);
  return lastValues(
    pool,
    holding.map(({ point }) => point),
    start,
    since,
  );
}

async function growthOf(
  pool: Pool,
  points: EnvPoint[],
  day: OwnDay,
): Promise<Map<string, number | undefined>> {
  const rooms = [...new Set(points.map(({ room }) => room))];
  const days = await growthDays(
    pool,
    rooms.map((room) => ({ room, ...day })),
  );
  return new Map(rooms.map((room, n) => [room, days[n]]));
}
