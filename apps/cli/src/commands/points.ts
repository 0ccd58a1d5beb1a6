import type { BandVersion, PointKind, PointRule, Pool, SensorVersion } from '@mycelium/database';
import { Command, InvalidArgumentError, Option } from 'commander';
import { wrongUsage } from '../command-errors.ts';
import { instant, positive } from '../options.ts';
import { createOutput, type Output, type OutputOptions } from '../output.ts';
import {
  addSensorOptions,
  isSensorOption,
  type SensorOptions,
  sensorText,
  setSensor,
  versionText,
} from '../sensor-rules.ts';

interface SetOptions extends OutputOptions, SensorOptions {
  kind?: PointKind;
  unit?: string;
  threshold?: number;
  label?: Record<string, string>;
  low?: number;
  high?: number;
  days?: { fromDay: number; toDay: number };
  room?: string;
  from?: Date;
}

const metrics = ['temperature', 'humidity', 'co2'];

const setHelp = `
Examples:
  mycelium points set air_cooler.temp_set --threshold 0.3
  mycelium points set fresh_air_fan.mode --label 0=off --label 1=auto --label 2=manual
  mycelium points set mushroom_env_status.humidity --low 82 --high 90 --days 10-20 --room 611
  mycelium points set mushroom_env_status.co2 --ceiling 5000
  mycelium points set mushroom_env_status.temperature --device mushroom_env_status_611 \\
    --sampling on-change --hold 24h --from 2026-06-01T00:00:00+08:00
  mycelium points set mushroom_env_status.humidity --frozen-after 8h --step learned

A day's statistics use how a sensor behaves at its end. What is not set, or set to "learned", is learned from the day
and the week before it. Options that are not given keep their value. With --from in the past, the next run judges the readings
since then again.`;

export function pointsCommand(): Command {
  const points = new Command('points')
    .summary('list points; set thresholds, units, labels, bands and sensors')
    .description(
      'Lists what is measured and set in the rooms. Sets thresholds, labels, units, bands and how sensors behave, each valid from a given time.',
    );
  points
    .command('list', { isDefault: true })
    .description(
      'Lists the registered points with the rules that are valid now. A star marks what was set for a sensor; the rest is learned.',
    )
    .option('--room <room...>', 'only these rooms')
    .action(async (_, command: Command) => {
      const { room, ...shared } = command.optsWithGlobals<{ room?: string[] } & OutputOptions>();
      await list(room, createOutput(shared));
    });
  const set = points
    .command('set')
    .description(
      'Sets the threshold, unit, labels or band of a type of point, or how its sensors behave, from now on or from a given time.',
    )
    .argument('<type.point>', 'device type and point, such as air_cooler.temp_set', typeAndPoint)
    .addOption(
      new Option('--kind <kind>', 'what the point is; required for a new one').choices([
        'measurement',
        'analog',
        'switch',
        'enum',
      ]),
    )
    .option('--threshold <n>', 'smallest change that counts; only for analog points', positive)
    .option('--unit <unit>', 'unit, such as °C')
    .addOption(new Option('--label <VALUE=NAME>', 'name of a value; repeatable').argParser(label))
    .addOption(new Option('--low <n>', 'lower end of the band').argParser(number))
    .addOption(new Option('--high <n>', 'upper end of the band').argParser(number))
    .addOption(
      new Option('--days <from-to>', 'growth days the band is for, such as 10-20').argParser(growthDays),
    )
    .option('--room <room>', 'room the band is for; the default is all rooms');
  addSensorOptions(set)
    .addOption(
      new Option('--from <time>', 'time it is valid from, with its zone; the default is now').argParser(
        instant,
      ),
    )
    .addHelpText('after', setHelp)
    .action(async (name: TypeAndPoint, _, command: Command) => {
      const options = command.optsWithGlobals<SetOptions>();
      await setPoint(name, options, createOutput(options));
    });
  points
    .command('history')
    .description('Lists every version of the rules and bands of a type of point.')
    .argument('<type.point>', 'device type and point, such as air_cooler.temp_set', typeAndPoint)
    .action(async (name: TypeAndPoint, _, command: Command) => {
      await history(name, createOutput(command.optsWithGlobals()));
    });
  return points;
}

interface TypeAndPoint {
  deviceType: string;
  point: string;
}

function typeAndPoint(text: string): TypeAndPoint {
  const [, deviceType, point] = /^([^.]+)\.([^.]+)$/.exec(text) ?? [];
  if (!deviceType || !point)
    throw new InvalidArgumentError('Expected a device type and a point, such as air_cooler.temp_set.');
  return { deviceType, point };
}

function label(text: string, before: Record<string, string> = {}): Record<string, string> {
  const [, value, name] = /^(-?[\d.]+)=(.+)$/.exec(text) ?? [];
  if (!value || !name) throw new InvalidArgumentError('Expected a value and its name, such as 1=auto.');
  return { ...before, [Number(value)]: name };
}

function number(text: string): number {
  const read = Number(text);
  if (text.trim() === '' || !Number.isFinite(read)) throw new InvalidArgumentError('Expected a number.');
  return read;
}

function growthDays(text: string): { fromDay: number; toDay: number } {
  const [, from, to] = /^(\d{1,4})-(\d{1,4})$/.exec(text) ?? [];
  if (!from || !to || Number(from) > Number(to))
    throw new InvalidArgumentError('Expected a range of days, such as 10-20.');
  return { fromDay: Number(from), toDay: Number(to) };
}

async function list(chosen: string[] | undefined, output: Output) {
  const { knownSensors, listPoints, pointRules } = await import('@mycelium/database');
  const { dayOf } = await import('@mycelium/farm');
  const { knownRooms } = await import('@mycelium/operations');
  const { withDatabase } = await import('../connections.ts');
  await withDatabase(async ({ pool, config }) => {
    const rooms = chosen && (await knownRooms({ pool, aliases: config.ROOM_ALIASES }, chosen));
    const rules = await pointRules(pool);
    const now = new Date();
    const sensors = await knownSensors(pool, now, dayOf(now, config.TZ));
    const points = (await listPoints(pool, rooms)).map((point) => {
      const rule = validAt(rules, point, now);
      return {
        ...point,
        threshold: rule?.threshold ?? null,
        labels: rule?.labels ?? {},
        sensor: sensors.get(point.id),
      };
    });
    output.table(
      ['room', 'device', 'point', 'kind', 'unit', 'threshold', 'labels', 'sensor'],
      points.map((point) => [
        point.room,
        point.device,
        point.point,
        point.kind,
        point.unit,
        point.threshold,
        labelsText(point.labels),
        sensorText(point.sensor),
      ]),
      ['labels', 'threshold', 'unit', 'kind'],
    );
    output.result(points);
  });
}

async function setPoint(name: TypeAndPoint, options: SetOptions, output: Output) {
  const { withDatabase } = await import('../connections.ts');
  const { kind, unit, threshold, label, low, high, days, room, from = new Date() } = options;
  const isRule = [kind, unit, threshold, label].some((given) => given !== undefined);
  const isBand = [low, high, days, room].some((given) => given !== undefined);
  const isSensor = isSensorOption(options);
  if (Number(isRule) + Number(isBand) + Number(isSensor) !== 1) {
    throw wrongUsage(
      'Expected one of: --threshold, --unit, --label or --kind; for a band, --low, --high and --days; for a sensor, --sampling, --hold, --ceiling, --step or --frozen-after.',
    );
  }
  await withDatabase(async ({ pool, config }) => {
    const { formatLocal } = await import('@mycelium/farm');
    const given = { ...options, from };
    const set = isRule
      ? await setRule(pool, name, given)
      : await (isBand ? setRange(pool, name, given) : setSensor(pool, name, given));
    output.line(`  ${name.deviceType}.${name.point}: ${describe(set)}, from ${formatLocal(from, config.TZ)}`);
    output.result(set);
  });
}

type Given = SetOptions & { from: Date };

async function setRule(pool: Pool, name: TypeAndPoint, { from, ...given }: Given): Promise<PointRule> {
  const { pointRules, setPointRule } = await import('@mycelium/database');
  const before = validAt(await pointRules(pool, name), name, from);
  const kind = given.kind ?? before?.kind;
  if (!kind)
    throw wrongUsage(
      `${name.deviceType}.${name.point} is new. Add --kind measurement, analog, switch or enum.`,
    );
  if (given.threshold !== undefined && kind !== 'analog') {
    throw wrongUsage(
      `${name.deviceType}.${name.point} is of kind ${kind}, and only analog points have a threshold. For other points every new value is a change.`,
    );
  }
  const rule = {
    ...name,
    kind,
    validFrom: from,
    unit: given.unit ?? before?.unit ?? null,
    threshold: kind === 'analog' ? (given.threshold ?? before?.threshold ?? null) : null,
    labels: given.label ?? before?.labels ?? {},
  };
  await setPointRule(pool, rule);
  return rule;
}

async function setRange(pool: Pool, { deviceType, point }: TypeAndPoint, given: Given): Promise<BandVersion> {
  const { setBand } = await import('@mycelium/database');
  const { low, high, days, room = '*', from } = given;
  if (deviceType !== 'mushroom_env_status' || !metrics.includes(point)) {
    throw wrongUsage(
      `${deviceType}.${point} cannot have a band. Points that can: ${metrics.map((metric) => `mushroom_env_status.${metric}`).join(', ')}.`,
    );
  }
  if (low === undefined || high === undefined || !days) {
    throw wrongUsage('A band needs --low, --high and --days.');
  }
  if (low >= high) throw wrongUsage(`--low ${low} is not below --high ${high}.`);
  const band = { room, metric: point, ...days, low, high, validFrom: from };
  await setBand(pool, band);
  return band;
}

async function history(name: TypeAndPoint, output: Output) {
  const { formatLocal } = await import('@mycelium/farm');
  const { bandVersions, pointRules, sensorVersions } = await import('@mycelium/database');
  const { withDatabase } = await import('../connections.ts');
  const { CommandFailed } = await import('../command-errors.ts');
  await withDatabase(async ({ pool, config }) => {
    const rules = await pointRules(pool, name);
    const bands = name.deviceType === 'mushroom_env_status' ? await bandVersions(pool, name.point) : [];
    const sensors = await sensorVersions(pool, name);
    if (rules.length + bands.length + sensors.length === 0) {
      throw new CommandFailed(
        `There is no point ${name.deviceType}.${name.point}. \`mycelium points list\` shows the registered ones.`,
      );
    }
    const since = (from: Date | null) => (from ? formatLocal(from, config.TZ) : 'the beginning');
    output.table(
      ['from', 'kind', 'unit', 'threshold', 'labels'],
      rules.map((rule) => [
        since(rule.validFrom),
        rule.kind,
        rule.unit,
        rule.threshold,
        labelsText(rule.labels),
      ]),
    );
    if (bands.length > 0) {
      output.table(
        ['from', 'room', 'growth days', 'low', 'high'],
        bands.map((band) => [
          since(band.validFrom),
          band.room === '*' ? 'all' : band.room,
          `${band.fromDay}–${band.toDay}`,
          band.low,
          band.high,
        ]),
      );
    }
    if (sensors.length > 0) {
      output.table(
        ['from', 'device', 'sensor'],
        sensors.map((version) => [
          since(version.validFrom),
          version.device === '*' ? 'all' : version.device,
          versionText(version),
        ]),
      );
    }
    output.result({ rules, bands, sensors });
  });
}

/** The rule that is valid at this time. Expects rules sorted by time. */
function validAt(rules: PointRule[], { deviceType, point }: TypeAndPoint, at: Date): PointRule | undefined {
  return rules.findLast(
    (rule) =>
      rule.deviceType === deviceType && rule.point === point && (!rule.validFrom || rule.validFrom <= at),
  );
}

function describe(set: PointRule | BandVersion | SensorVersion): string {
  if ('sampling' in set) return `${versionText(set)}, for ${set.device === '*' ? 'all' : set.device}`;
  if ('low' in set) {
    const where = set.room === '*' ? 'all rooms' : `room ${set.room}`;
    return `${set.low} to ${set.high} on days ${set.fromDay}–${set.toDay} in ${where}`;
  }
  return [set.kind, set.unit, set.threshold && `threshold ${set.threshold}`, labelsText(set.labels)]
    .filter(Boolean)
    .join(', ');
}

function labelsText(labels: Record<string, string>): string {
  return Object.entries(labels)
    .map(([value, name]) => `${value} ${name}`)
    .join(', ');
}
