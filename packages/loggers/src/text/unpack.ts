import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { createGunzip, createInflateRaw } from 'node:zlib';
import { PermanentError } from '@mycelium/farm';

/** How the text is stored in the file. */
export type Packing = 'none' | 'gzip' | 'zip';

interface Packed {
  packing: Packing;
  /** The bytes of the text, of any length. */
  bytes(signal?: AbortSignal): { text: Readable; read: () => number };
  totalBytes: number;
}

const unreadable = (file: string, what: string) => new PermanentError('unreadable_file', `${file} ${what}`);

/** Opens a file, a gzip file, or the only file in a zip. @throws PermanentError for what is not a text */
export async function openPacked(file: string): Promise<Packed> {
  await using handle = await open(file);
  const { size } = await handle.stat();
  const magic = (await read(handle, 0, Math.min(size, 8))).toString('latin1');
  const pipe = (packing: Packing, range: object, unpack?: () => NodeJS.ReadWriteStream): Packed => ({
    packing,
    totalBytes: size,
    bytes(signal) {
      const source = createReadStream(file, {
        highWaterMark: 256 * 1024,
        ...range,
        ...(signal && { signal }),
      });
      const read = () => source.bytesRead;
      if (!unpack) return { text: source, read };
      const text = unpack() as unknown as Readable;
      source.on('error', (error) => text.destroy(error));
      source.pipe(text as never);
      return { text, read };
    },
  });
  if (magic.startsWith('\x1f\x8b')) return pipe('gzip', {}, createGunzip);
  if (magic.startsWith('\xd0\xcf\x11\xe0'))
    throw unreadable(file, 'is an Excel workbook. Save it as CSV first.');
  if (!magic.startsWith('PK\x03\x04')) return pipe('none', {});
  const { start, length, method } = await onlyEntry(handle, size, file);
  const range = { start, end: start + length - 1 };
  if (method === 0) return pipe('zip', range);
  if (method === 8) return pipe('zip', range, createInflateRaw);
  throw unreadable(file, `is packed by method ${method}. Unpack it first: unzip ${file}`);
}

async function read(handle: FileHandle, from: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, from);
  return buffer.subarray(0, bytesRead);
}

/** The layout of a zip is that of PKWARE's APPNOTE.TXT, sections 4.3.7 (local header), 4.3.12 and 4.3.16 (directory). */
async function onlyEntry(handle: FileHandle, size: number, file: string) {
  const tailLength = Math.min(size, 65_557);
  const tail = await read(handle, size - tailLength, tailLength);
  const end = tail.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  if (end < 0) throw unreadable(file, 'is a damaged zip file.');
  const directory = await read(handle, tail.readUInt32LE(end + 16), tail.readUInt32LE(end + 12));
  const entries = [];
  for (let at = 0; at + 46 <= directory.length; ) {
    const [name, extra, comment] = [28, 30, 32].map((field) => directory.readUInt16LE(at + field)) as [
      number,
      number,
      number,
    ];
    entries.push({
      name: directory.toString('utf8', at + 46, at + 46 + name),
      method: directory.readUInt16LE(at + 10),
      length: directory.readUInt32LE(at + 20),
      header: directory.readUInt32LE(at + 42),
    });
    at += 46 + name + extra + comment;
  }
  if (entries.some(({ name }) => name === 'xl/workbook.xml'))
    throw unreadable(file, 'is an Excel workbook. Save it as CSV first.');
  const files = entries.filter(({ name }) => !name.endsWith('/') && !name.startsWith('__MACOSX/'));
  const [entry, second] = files;
  if (!entry || second) {
    const names = files.map(({ name }) => name).join(', ') || 'nothing';
    throw unreadable(file, `contains ${names}. Unpack it and import its files: unzip ${file}`);
  }
  const local = await read(handle, entry.header, 30);
  const start = entry.header + 30 + local.readUInt16LE(26) + local.readUInt16LE(28);
  return { start, length: entry.length, method: entry.method };
}
