import type { Reading } from '@mycelium/database';
import { deviceTypeOf, type Metric, metrics } from '@mycelium/farm';

/** Both clock changes of Morocco fall into these 60 days: 15 February has 25 hours, 22 March 23. */
export const timeZone = 'Africa/Casablanca';
export const firstDay = '2026-01-25';
export const lastDay = '2026-03-25';
const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const start = Date.parse('2026-01-24T23:00:00Z');
const end = Date.parse('2026-03-26T00:00:00Z');

/** What goes wrong in some rooms: changes a sensor's value, or leaves it out. */
type Defect = (value: number, at: { n: number; t: number; hours: number }) => number | undefined;
interface Sensor {
  metric: Metric;
  every?: number;
  /** Milliseconds added to the time of the reading. */
  shift?: (n: number) => number;
  defect?: Defect;
  /** Arrives after its day was computed. */
  late?: (t: number) => boolean;
  device?: string;
}

export interface Arriving extends Omit<Reading, 'pointId'> {
  key: string;
  late: boolean;
}

/** A number of 0–1 that looks random and is always the same. */
export function noise(...parts: number[]): number {
  let hash = 0x811c9dc5;
  for (const part of parts) {
    hash = Math.imul(hash ^ (part & 0xffff), 0x01000193);
    hash = Math.imul(hash ^ (part >>> 16), 0x01000193);
    hash ^= hash >>> 15;
  }
  return (hash >>> 0) / 2 ** 32;
}

const usual: Record<Metric, (wave: number, noise: number) => number> = {
  temperature: (wave, noise) => Math.round(10 * (18 + wave / 2 + noise)) / 10,
  humidity: (wave, noise) => Math.round(10 * (88 + 3 * wave + 2 * noise)) / 10,
  co2: (wave, noise) => Math.round(2_400 + 600 * wave + 200 * noise),
};

/** Whether the hours since the start are within some hours of every so many. */
const within = (hours: number, from: number, length: number, of: number) =>
  (((hours - from) % of) + of) % of < length;

/** Every defect, by room. The other rooms and metrics are well. */
const sensors: Record<number, Sensor[]> = {
  1: [{ metric: 'humidity', defect: (value, { hours }) => fogged(value, hours) }],
  2: [{ metric: 'co2', defect: (value, { hours }) => (within(hours, 6, 20, 72) ? 5_000 : value) }],
  3: [
    {
      metric: 'co2',
      defect: (value, { hours }) => (within(hours, 4, 7, 40) ? 3_600 : Math.min(value, 3_400)),
      late: (t) => t > start + 21 * day && t < start + 22 * day,
    },
  ],
  4: [
    { metric: 'temperature', defect: (value, { hours }) => (within(hours, 20, 16, 170) ? 17.3 : value) },
    { metric: 'humidity', defect: (value, { hours }) => (within(hours, 300, 60, 2_000) ? 82.5 : value) },
  ],
  5: [{ metric: 'temperature', defect: (value) => Math.round(value / 4) * 4 }],
  6: [
    {
      metric: 'temperature',
      defect: (_, { n, hours }) => (within(hours, 40 * 24 + 10, 5, 9_999) ? 22 + (n % 5) / 10 : 22),
      late: (t) => within((t - start) / hour, 40 * 24 + 10, 5, 9_999),
    },
  ],
  7: [
    {
      metric: 'temperature',
      every: 47 * minute,
      shift: (n) => Math.round(noise(n, 7) * 44) * minute,
      defect: (value, { n, hours }) => (within(hours, 200, 40, 500) ? undefined : value + (n % 90) / 1_000),
    },
  ],
  8: [
    {
      metric: 'humidity',
      defect: (value, { n, hours }) => (n % 9 === 0 && !within(hours, 500, 30, 800) ? value : undefined),
      late: (t) => t > start + 30 * day + 20 * hour && t < start + 31 * day,
    },
  ],
  9: metrics.map((metric) => ({ metric, every: 5 * minute, defect: faulty(metric) })),
  10: metrics.map((metric, m) => ({
    metric,
    defect: (value, { n, hours }) => {
      if (within(hours, 100, 45, 400)) return;
      if (within(hours, 250, 24, 400) && n % 20 > 0) return;
      return noise(n, m, 10) < 0.4 ? undefined : value;
    },
  })),
  11: metrics.map((metric) => ({
    metric,
    late: (t) => t > start + 33 * day + 5 * hour && t < start + 35 * day,
  })),
  12: [
    { metric: 'temperature', defect: (value, { hours }) => (within(hours, 90, 80, 600) ? undefined : value) },
    { metric: 'temperature', device: 'mushroom_env_status_12_spare', defect: (value) => value + 0.5 },
  ],
  13: metrics.map((metric) => ({ metric, every: 30 * minute })),
  14: metrics.map((metric) => ({ metric, every: hour })),
  15: metrics.map((metric) => ({
    metric,
    defect: (value, { hours }) =>
      within(hours, 10, 5, 60) || within(hours, 22, 9, 130) ? usual[metric](0.5, 0.5) : value,
  })),
  16: [{ metric: 'co2', defect: (value) => Math.min(value, 2_600) }],
};

function fogged(value: number, hours: number): number {
  if (within(hours, 30, 26, 200)) return 100.2 + (Math.round(hours * 4) % 6) / 10;
  if (within(hours, 2, 6, 30)) return 99.9;
  return within(hours, 8, 5, 30) ? 102.6 : value;
}

/** Dropouts, impossible values, and jumps of up to three readings. */
function faulty(metric: Metric): Defect {
  const jump = { temperature: 20, humidity: -60, co2: 9_000 }[metric];
  return (value, { n }) => {
    if (n % 211 === 5) return { temperature: -127, humidity: 0, co2: 0 }[metric];
    if (n % 503 === 9) return { temperature: 85, humidity: 130, co2: 65_535 }[metric];
    return n % 97 === 40 || n % 970 === 700 || n % 970 === 701 ? value + jump : value;
  };
}

/** The names of the sensors of 20 rooms: each metric once, and spare ones. */
export function farmSensors() {
  return Array.from({ length: 20 }, (_, n) => n + 1).flatMap((room) => {
    const special = sensors[room] ?? [];
    const well = metrics.filter((metric) => !special.some((sensor) => sensor.metric === metric));
    return [...special, ...well.map((metric): Sensor => ({ metric, every: 30 * minute }))].map((sensor) => {
      const { metric, device = `mushroom_env_status_${room}` } = sensor;
      const name = { room: `${room}`, device, point: metric };
      return { ...name, deviceType: deviceTypeOf(device, name.room), sensor };
    });
  });
}

/** The readings of a sensor in order of time. */
export function* readingsOf({ room, point, device, sensor }: ReturnType<typeof farmSensors>[number]) {
  const { every = 15 * minute, shift, defect, late } = sensor;
  const seed = Number(room) * 10 + metrics.indexOf(sensor.metric) + (device.endsWith('spare') ? 5 : 0);
  for (let n = 0; start + n * every < end; n++) {
    const t = start + n * every + (shift?.(n) ?? 0);
    const hours = (t - start) / hour;
    const value = usual[sensor.metric](Math.sin(((hours + seed) * Math.PI) / 12), noise(n, seed));
    const read = defect ? defect(value, { n, t, hours }) : value;
    if (read === undefined) continue;
    yield { key: `${room}/${device}/${point}`, ts: new Date(t), value: read, late: late?.(t) ?? false };
  }
}
