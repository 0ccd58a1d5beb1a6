import { ByteWriter, parquetWriteRows } from 'hyparquet-writer';
import type { Column, Row } from './export-tables.ts';

/** Resolves when the next chunk may be written. */
export type Write = (chunk: string | Uint8Array) => Promise<void>;

export type Format = (columns: Column[], rows: AsyncIterable<Row[]>, write: Write) => Promise<void>;

/** Each format writes rows as they arrive and keeps few in memory. */
export const formats = { csv: writeCsv, json: writeJson, parquet: writeParquet } satisfies Record<
  string,
  Format
>;

async function writeCsv(columns: Column[], rows: AsyncIterable<Row[]>, write: Write): Promise<void> {
  const names = columns.map(({ name }) => name);
  await write(`${names.join()}\n`);
  for await (const some of rows) {
    if (some.length > 0)
      await write(some.map((row) => `${names.map((name) => field(row[name])).join()}\n`).join(''));
  }
}

function field(value: Row[string] | undefined): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Date) return value.toISOString();
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** One array, one row per line. NaN becomes null, since JSON has no NaN. */
async function writeJson(columns: Column[], rows: AsyncIterable<Row[]>, write: Write): Promise<void> {
  const names = columns.map(({ name }) => name);
  let before = '[';
  for await (const some of rows) {
    if (some.length === 0) continue;
    const text = some.map((row) => JSON.stringify(row, names)).join(',\n');
    await write(`${before}\n${text}`);
    before = ',';
  }
  await write(before === '[' ? '[]\n' : '\n]\n');
}

/** Rows per row group; the writer keeps one group in memory. */
const rowGroupSize = 50_000;

async function writeParquet(columns: Column[], rows: AsyncIterable<Row[]>, write: Write): Promise<void> {
  const bytes = new ByteWriter();
  const flush = async () => {
    await write(bytes.getBytes().slice());
    bytes.index = 0;
  };
  const writer = Object.assign(bytes, { flush, finish: flush });
  await parquetWriteRows({ writer, rows: each(rows), columns, rowGroupSize });
}

async function* each(rows: AsyncIterable<Row[]>): AsyncGenerator<Row> {
  for await (const some of rows) yield* some;
}
