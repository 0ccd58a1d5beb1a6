import { to as copyTo } from 'pg-copy-streams';
import type { PoolClient } from '../pool.ts';
import { isAnyOf, postgresEpoch, type Series } from './series.ts';

/** `PGCOPY\n\xff\r\n\0`, flags and the length of an empty extension. */
const headerLength = 19;
/** Dimensions, flags, type, length and lower bound of an array, before its elements. */
const arrayHeaderLength = 20;
const elementLength = 4 + 8;

/** The condition for the blocks of some points that may have readings from an instant on, before another one. */
export const blocksBetween = (pointIds: number[], from: Date | undefined, to: Date) => `${isAnyOf(pointIds)}
  and day >= '${from ? dayOf(from) : '-infinity'}' and day <= '${dayOf(to)}'
  and last >= '${from?.toISOString() ?? '-infinity'}' and first < '${to.toISOString()}'`;

const dayOf = (instant: Date) => instant.toISOString().slice(0, 10);

/**
 * Streams settled readings, a block at a time, in COPY's binary format: the arrays arrive without a row for each reading.
 * @param where a condition on reading_block without text from outside
 */
export async function* streamBlocks(
  client: PoolClient,
  where: string,
  signal?: AbortSignal,
): AsyncGenerator<Series> {
  signal?.throwIfAborted();
  const stream = client.query(
    copyTo(`copy (select point_id, first, deltas, "values" from reading_block where ${where}
      order by point_id, day) to stdout (format binary)`),
  );
  const stop = () => stream.destroy(signal?.reason);
  signal?.addEventListener('abort', stop);
  try {
    const received = new Received();
    let isStarted = false;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      received.add(chunk);
      if (!isStarted) isStarted = received.skip(headerLength);
      if (!isStarted) continue;
      for (let block = received.takeBlock(); block; block = received.takeBlock()) yield block;
    }
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** Bytes of COPY that were received and not read yet. */
class Received {
  #bytes = Buffer.allocUnsafe(1 << 18);
  #start = 0;
  #end = 0;

  add(chunk: Buffer): void {
    if (this.#end + chunk.length > this.#bytes.length) {
      const waiting = this.#end - this.#start;
      const larger =
        waiting + chunk.length > this.#bytes.length / 2
          ? Buffer.allocUnsafe((waiting + chunk.length) * 2)
          : this.#bytes;
      this.#bytes.copy(larger, 0, this.#start, this.#end);
      this.#bytes = larger;
      this.#start = 0;
      this.#end = waiting;
    }
    chunk.copy(this.#bytes, this.#end);
    this.#end += chunk.length;
  }

  skip(length: number): boolean {
    if (this.#end - this.#start < length) return false;
    this.#start += length;
    return true;
  }

  /** @returns undefined while the next block has not been received completely */
  takeBlock(): Series | undefined {
    const view = new DataView(
      this.#bytes.buffer,
      this.#bytes.byteOffset + this.#start,
      this.#end - this.#start,
    );
    // Count of fields, which is -1 at the end; then an int4 and a timestamptz, each after its length.
    const deltasAt = 2 + 8 + 12;
    if (view.byteLength < deltasAt + 4) return undefined;
    const valuesAt = deltasAt + 4 + view.getInt32(deltasAt);
    if (view.byteLength < valuesAt + 4) return undefined;
    const end = valuesAt + 4 + view.getInt32(valuesAt);
    if (view.byteLength < end) return undefined;

    const deltas = arrayAt(view, deltasAt + 4);
    const found = arrayAt(view, valuesAt + 4);
    const times = new Float64Array(found.length);
    const values = new Float64Array(found.length);
    let micros = view.getInt32(14) * 4_294_967_296 + view.getUint32(18);
    const usual = deltas.length > 0 ? bigintAt(view, deltas.at) : 0;
    for (let n = 0, at = found.at; n < found.length; n++, at += elementLength) {
      if (n > 0) micros += deltas.length === 1 ? usual : bigintAt(view, deltas.at + (n - 1) * elementLength);
      times[n] = postgresEpoch + micros / 1_000;
      values[n] = view.getFloat64(at);
    }
    this.#start += end;
    return { pointId: view.getInt32(6), times, values };
  }
}

/** Where the first element of a binary array is, and how many there are. An empty array has no dimension. */
function arrayAt(view: DataView, at: number): { length: number; at: number } {
  const dimensions = view.getInt32(at);
  return dimensions === 0
    ? { length: 0, at }
    : { length: view.getInt32(at + 12), at: at + arrayHeaderLength + 4 };
}

/** Exact below 2^53, which microseconds of a day are. */
const bigintAt = (view: DataView, at: number) => view.getInt32(at) * 4_294_967_296 + view.getUint32(at + 4);
