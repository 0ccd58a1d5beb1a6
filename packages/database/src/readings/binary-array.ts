const oids = { int4: 23, float8: 701 } as const;

/** Encodes numbers as a binary PostgreSQL array: printing and parsing text would cost more than the insert. */
export function binaryArray(type: keyof typeof oids, values: ArrayLike<number | null>): Buffer {
  const size = type === 'int4' ? 4 : 8;
  const bytes = Buffer.allocUnsafe(20 + values.length * (4 + size));
  bytes.writeInt32BE(1, 0); // dimensions
  bytes.writeInt32BE(1, 4); // there may be nulls
  bytes.writeInt32BE(oids[type], 8);
  bytes.writeInt32BE(values.length, 12);
  bytes.writeInt32BE(1, 16); // first subscript
  let at = 20;
  for (let n = 0; n < values.length; n++) {
    const value = values[n] as number | null;
    if (value === null) {
      at = bytes.writeInt32BE(-1, at);
      continue;
    }
    at = bytes.writeInt32BE(size, at);
    at = type === 'int4' ? bytes.writeInt32BE(value, at) : bytes.writeDoubleBE(value, at);
  }
  return bytes.subarray(0, at);
}
