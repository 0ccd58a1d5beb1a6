const oids = { int4: 23, float8: 701 } as const;

/** Numbers as PostgreSQL's binary arrays: printing and parsing them as text would cost more than the insert. */
export function binaryArray(type: keyof typeof oids, values: ArrayLike<number>): Buffer {
  const size = type === 'int4' ? 4 : 8;
  const bytes = Buffer.allocUnsafe(20 + values.length * (4 + size));
  bytes.writeInt32BE(1, 0); // dimensions
  bytes.writeInt32BE(0, 4); // no nulls
  bytes.writeInt32BE(oids[type], 8);
  bytes.writeInt32BE(values.length, 12);
  bytes.writeInt32BE(1, 16); // first subscript
  for (let n = 0, at = 20; n < values.length; n++, at += 4 + size) {
    bytes.writeInt32BE(size, at);
    const value = values[n] as number;
    if (type === 'int4') bytes.writeInt32BE(value, at + 4);
    else bytes.writeDoubleBE(value, at + 4);
  }
  return bytes;
}
