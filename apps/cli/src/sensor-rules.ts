import type { KnownSensor, Pool, SensorVersion } from '@mycelium/database';
import type { SensorProperties } from '@mycelium/farm';
import { type Command, Option } from 'commander';
import { CommandFailed, wrongUsage } from './command-errors.ts';
import { positive, span } from './options.ts';

type OrLearned<Value> = Value | 'learned';

export interface SensorOptions {
  device?: string;
  sampling?: OrLearned<'regular' | 'on-change'>;
  hold?: OrLearned<number>;
  ceiling?: OrLearned<number>;
  step?: OrLearned<number>;
  frozenAfter?: OrLearned<number>;
}

interface TypeAndPoint {
  deviceType: string;
  point: string;
}

/** The options of `points set` that say how a sensor behaves. `learned` takes a setting back. */
export function addSensorOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--sampling <how>', 'whether the sensor reports regularly or only changes').choices([
        'regular',
        'on-change',
        'learned',
      ]),
    )
    .addOption(option('--hold <time>', 'how long an on-change value holds at most, such as 24h', span))
    .addOption(option('--ceiling <n>', 'highest value that the sensor reports, or learned', positive))
    .addOption(option('--step <n>', 'smallest difference between its values, or learned', positive))
    .addOption(
      option('--frozen-after <time>', 'time without moving after which it is frozen, such as 8h', span),
    )
    .option('--device <name>', 'sensor that this is for; the default is all of the type');
}

function option(flags: string, description: string, read: (text: string) => number): Option {
  return new Option(flags, description).argParser((text) => (text === 'learned' ? text : read(text)));
}

export function isSensorOption({
  device,
  sampling,
  hold,
  ceiling,
  step,
  frozenAfter,
}: SensorOptions): boolean {
  return [device, sampling, hold, ceiling, step, frozenAfter].some((given) => given !== undefined);
}

/** Sets the given properties from an instant on; the others keep what was set before. */
export async function setSensor(
  pool: Pool,
  name: TypeAndPoint,
  { from, device = '*', sampling, hold, ceiling, step, frozenAfter }: SensorOptions & { from: Date },
): Promise<SensorVersion> {
  const { sensorVersions, setSensorRule } = await import('@mycelium/database');
  const given = { sampling, hold, ceiling, step, frozenAfter };
  if (Object.values(given).every((value) => value === undefined)) {
    throw wrongUsage('--device needs --sampling, --hold, --ceiling, --step or --frozen-after.');
  }
  await checkSensor(pool, name, device);
  const before = (await sensorVersions(pool, name)).findLast(
    (version) => version.device === device && (!version.validFrom || version.validFrom <= from),
  );
  const keep = <Value>(value: OrLearned<Value> | undefined, old: Value | null | undefined) =>
    value === undefined ? (old ?? null) : value === 'learned' ? null : value;
  const rule = {
    ...name,
    device,
    validFrom: from,
    sampling: keep(given.sampling, before?.sampling),
    holds: keep(given.hold, before?.holds),
    ceiling: keep(given.ceiling, before?.ceiling),
    step: keep(given.step, before?.step),
    frozenAfter: keep(given.frozenAfter, before?.frozenAfter),
  };
  if (typeof hold === 'number' && rule.sampling === 'regular') {
    throw wrongUsage(
      '--hold is for sensors with --sampling on-change: a regular reading holds two intervals.',
    );
  }
  await setSensorRule(pool, rule);
  return rule;
}

async function checkSensor(pool: Pool, { deviceType, point }: TypeAndPoint, device: string): Promise<void> {
  const { listPoints } = await import('@mycelium/database');
  const { climateDevice, metrics } = await import('@mycelium/farm');
  if (deviceType !== climateDevice || !metrics.some((metric) => metric === point)) {
    const possible = metrics.map((metric) => `${climateDevice}.${metric}`).join(', ');
    throw wrongUsage(
      `${deviceType}.${point} is not a climate sensor. Sensors whose behaviour can be set: ${possible}.`,
    );
  }
  if (device === '*') return;
  const known = (await listPoints(pool)).filter(
    (one) => one.deviceType === deviceType && one.point === point,
  );
  if (!known.some((one) => one.device === device)) {
    throw new CommandFailed(
      `There is no ${point} of a device ${device}. \`mycelium points list\` shows the registered ones.`,
    );
  }
}

/** `on-change, holds 24 h, ceiling 5000`; a star marks what was set. */
export function sensorText(sensor: KnownSensor | undefined): string | null {
  if (!sensor) return null;
  const mark = (name: keyof SensorProperties) => (sensor.set.includes(name) ? '*' : '');
  const { sampling, holds, ceiling, step, frozenAfter } = sensor;
  const onChange = sampling === 'on-change';
  return [
    (onChange || mark('sampling')) && `${sampling}${mark('sampling')}`,
    onChange && `holds ${hours(holds)}${mark('holds')}`,
    ceiling !== undefined && `ceiling ${ceiling}${mark('ceiling')}`,
    step !== undefined && `step ${step}${mark('step')}`,
    mark('frozenAfter') && `frozen after ${hours(frozenAfter)}*`,
  ]
    .filter(Boolean)
    .join(', ');
}

/** What a version sets; the rest is learned. */
export function versionText({ sampling, holds, ceiling, step, frozenAfter }: SensorVersion): string {
  const set = [
    sampling,
    holds !== null && `holds ${hours(holds)}`,
    ceiling !== null && `ceiling ${ceiling}`,
    step !== null && `step ${step}`,
    frozenAfter !== null && `frozen after ${hours(frozenAfter)}`,
  ].filter(Boolean);
  return set.length > 0 ? set.join(', ') : 'all learned';
}

function hours(milliseconds: number): string {
  return milliseconds % 3_600_000 === 0 ? `${milliseconds / 3_600_000} h` : `${milliseconds / 60_000} min`;
}
