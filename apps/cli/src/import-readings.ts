import {
  type Counts,
  copyReadings,
  createPointDirectory,
  listPoints,
  type Pool,
  pointRules,
  type Reading,
} from '@mycelium/database';
import { deviceTypeOf, type NamedPoint, pointKey } from '@mycelium/farm';
import {
  type ColumnReport,
  createFileReader,
  describeLayout,
  type FoundReading,
  type Plan,
  type TimeJudge,
} from '@mycelium/loggers';
import { CommandFailed } from './command-errors.ts';

interface ImportReadings {
  pool: Pool;
  plan: Plan;
  /** The times that cannot be right. */
  judge: TimeJudge;
  /** Refuse points that are not registered instead of registering them. */
  strict?: boolean | undefined;
  onProgress?: ((progress: ImportProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
}

export interface ImportProgress {
  bytes: number;
  totalBytes: number;
  readings: number;
}

export interface ImportReport {
  /** Lines after the header, without empty ones. */
  lines: number;
  /** Of these, lines without a value in any mapped column. */
  emptyLines: number;
  readings: number;
  /** Lines of an hour that occurs twice, placed by the lines around them. */
  repeatedHour: number;
  /** New readings, and readings whose value changed. */
  inserted: number;
  /** Of these, the ones whose value changed. */
  changed: number;
  repeated: number;
  /** Readings of implausible times that are quarantined, and were not before. */
  quarantined: Counts['quarantined'];
  newPoints: number;
  badLines: number;
  /** The first hundred bad lines. */
  bad: { line: number; reason: string }[];
  columns: (ColumnReport & Counts)[];
  /** Readings of series that are not mapped. */
  unread: Record<string, number>;
  assumed: string[];
  seconds: number;
}

const nothingCopied: Counts = {
  inserted: 0,
  changed: 0,
  repeated: 0,
  quarantined: { ahead: 0, 'before-farm': 0 },
};

/** The units of points: of the registered ones, and else by the rules of their device types. */
export async function pointUnits(pool: Pool): Promise<(point: NamedPoint) => string | undefined> {
  const units = new Map<string, string | undefined>();
  for (const { deviceType, point, unit } of await pointRules(pool)) {
    units.set(`${deviceType}.${point}`, unit ?? undefined);
  }
  const registered = new Map<string, string>();
  for (const point of await listPoints(pool)) if (point.unit) registered.set(pointKey(point), point.unit);
  return (named) =>
    registered.get(pointKey(named)) ?? units.get(`${deviceTypeOf(named.device, named.room)}.${named.point}`);
}

/**
 * Imports a file of readings of any size. Bad lines are counted and listed; all others are imported. Importing a file
 * again changes nothing.
 * @throws CommandFailed when the plan leaves something to decide
 */
export async function importReadings(options: ImportReadings): Promise<ImportReport> {
  const { pool, plan, judge, strict = false, onProgress, signal } = options;
  if (plan.open.length > 0) throw new CommandFailed(plan.open.join('. '));
  const started = performance.now();
  const directory = createPointDirectory(pool, { strict });
  const reader = createFileReader(plan, judge);
  const idOf = new Map<NamedPoint, number>();
  const unitOf = new Map(plan.columns.map(({ point, unit, conversion }) => [point, conversion?.to ?? unit]));
  const { report } = reader;

  const { points, ...counts } = await copyReadings(pool, readings(), { judge, signal });
  return {
    ...report,
    ...counts,
    columns: report.columns.map((column) => ({
      ...column,
      ...(points.get(idOf.get(column.point) ?? -1) ?? nothingCopied),
    })),
    newPoints: directory.added(),
    assumed: [...describeLayout(plan), ...plan.assumed],
    seconds: (performance.now() - started) / 1_000,
  };

  async function* readings(): AsyncGenerator<Reading> {
    for await (const { line, lines, bytes } of plan.text.blocks(signal)) {
      for (const reading of await withIds(reader.read(line, lines))) yield reading;
      onProgress?.({ bytes, totalBytes: plan.text.totalBytes, readings: report.readings });
    }
    for (const reading of await withIds(reader.end())) yield reading;
  }

  async function withIds(found: FoundReading[]): Promise<Reading[]> {
    const fresh = [...new Set(found.map(({ point }) => point))].filter((point) => !idOf.has(point));
    const ids = await directory.resolve(fresh.map((point) => ({ ...point, unit: unitOf.get(point) })));
    for (const point of fresh) {
      const id = ids.get(pointKey(point));
      if (id !== undefined) idOf.set(point, id);
    }
    return found.flatMap(({ point, time, value, line }) => {
      const pointId = idOf.get(point);
      if (pointId !== undefined) return { pointId, ts: new Date(time), value };
      reader.refuse(
        { line, point },
        `${point.device}.${point.point} of room ${point.room} is not registered`,
      );
      return [];
    });
  }
}
