import { climateDevice, type Metric, type NamedPoint, PermanentError, wrongName } from '@mycelium/farm';
import { parseUnit } from '../units/unit.ts';

/** Which point a column or series of a file holds, and in which unit the file has it. */
export interface Mapping {
  column: string;
  device: string;
  point: string;
  unit?: string | undefined;
}

/** Reads `COLUMN=DEVICE.POINT` or `COLUMN=DEVICE.POINT:UNIT`. @throws PermanentError */
export function parseMap(text: string): Mapping {
  const [, column, device, rest] = /^(.+)=([^=.]+)\.([^=]+)$/s.exec(text) ?? [];
  const [, point, unit] = /^([^:]+)(?::(.+))?$/.exec(rest ?? '') ?? [];
  if (!column || !device || !point) {
    throw wrongMap(
      `--map ${text}: expected COLUMN=DEVICE.POINT or COLUMN=DEVICE.POINT:UNIT, such as T=mushroom_env_status_611.temperature:°F`,
    );
  }
  if (unit === undefined) return { column, device, point };
  const known = parseUnit(unit);
  if (!known) throw wrongMap(`--map ${text}: the unit "${unit}" is unknown`);
  return { column, device, point, unit: known };
}

const wrongMap = (message: string) => new PermanentError('bad_map', message);

export function namedPoint({ device, point, column }: Mapping, room: string): NamedPoint {
  const named = { room, device, point };
  const wrong = wrongName(named);
  if (wrong) throw wrongMap(`--map ${column}=${device}.${point}: ${wrong}`);
  return named;
}

const meanings: [Metric, RegExp, string[]][] = [
  ['temperature', /temp|^t$|^t_?air$|^air_?t/i, ['°C', '°F', 'K']],
  ['humidity', /hum|feuchte|^rh|rel.*f|_rh$|^rh_/i, ['%', 'fraction']],
  ['co2', /co2|carbon.?dioxide|kohlendioxid|co₂/i, ['ppm', '%']],
];
const notClimate =
  /dew|set.?point|outdoor|outside|external|battery|min\b|max\b|heat.?index|soil|substrate|surface/i;

/** Proposes a climate point for each column by its name and unit; of two for the same point, the first gets it. */
export function proposeMappings(columns: string[], units: (string | undefined)[], room: string): Mapping[] {
  const used = new Set<Metric>();
  return columns.flatMap((column, n) => {
    if (!column || notClimate.test(column)) return [];
    const unit = units[n];
    const found = meanings.find(
      ([metric, name, known]) => !used.has(metric) && name.test(column) && (!unit || known.includes(unit)),
    );
    if (!found) return [];
    used.add(found[0]);
    return [{ column, device: `${climateDevice}_${room}`, point: found[0], unit }];
  });
}
