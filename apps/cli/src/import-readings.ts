import { copyReadings, createPointDirectory, type Pool, type Reading } from '@mycelium/database';
import { PermanentError, pointKey } from '@mycelium/farm';
import { CommandFailed } from './command-errors.ts';
import { fileSize, findSeparator, readLines } from './csv-lines.ts';
import { type FoundReading, lineReader, type ReadingsFormat } from './readings-file.ts';

export interface ImportReadings extends ReadingsFormat {
  pool: Pool;
  file: string;
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
  /** New readings, and readings whose value changed. */
  inserted: number;
  repeated: number;
  newPoints: number;
  badLines: number;
  /** The first hundred bad lines. */
  bad: { line: number; reason: string }[];
  seconds: number;
}

const listed = 100;

/**
 * Imports a file of readings of any size. Bad lines are counted and listed; all others are imported. Importing a file
 * again changes nothing.
 * @throws CommandFailed when the file cannot be read with these options
 */
export async function importReadings(options: ImportReadings): Promise<ImportReport> {
  const { pool, file, strict = false, onProgress, signal } = options;
  const started = performance.now();
  const totalBytes = await fileSize(file);
  const separator = await findSeparator(file);
  const directory = createPointDirectory(pool, { strict });
  const report = { lines: 0, emptyLines: 0, readings: 0, badLines: 0, bad: [] as ImportReport['bad'] };

  const copied = await copyReadings(pool, readings(), signal ? { signal } : {});
  return {
    ...report,
    ...copied,
    newPoints: directory.added(),
    seconds: (performance.now() - started) / 1_000,
  };

  async function* readings(): AsyncGenerator<Reading> {
    let readLine: ((line: string) => FoundReading[]) | undefined;
    for await (const { line, lines, bytes } of readLines(file, signal)) {
      const found: (FoundReading & { line: number })[] = [];
      for (const [n, text] of lines.entries()) {
        if (!readLine) {
          readLine = lineReader(text, separator, options);
          continue;
        }
        if (text === '' || text === '\r') continue;
        report.lines++;
        try {
          const readings = readLine(text);
          if (readings.length === 0) report.emptyLines++;
          for (const reading of readings) found.push({ ...reading, line: line + n });
        } catch (error) {
          if (!(error instanceof PermanentError)) throw error;
          refuse(line + n, error.message);
        }
      }
      const ids = await directory.resolve(found.map(({ point }) => point));
      for (const { point, time, value, line: at } of found) {
        const pointId = ids.get(pointKey(point));
        if (pointId === undefined) {
          refuse(at, `${point.device}.${point.point} of room ${point.room} is not registered`);
          continue;
        }
        report.readings++;
        yield { pointId, ts: new Date(time), value };
      }
      onProgress?.({ bytes, totalBytes, readings: report.readings });
    }
    if (!readLine) throw new CommandFailed(`${file} is empty.`);
  }

  function refuse(line: number, reason: string): void {
    report.badLines++;
    if (report.bad.length < listed) report.bad.push({ line, reason });
  }
}
