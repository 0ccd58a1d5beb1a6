import { PermanentError } from '@mycelium/farm';

/** The encodings that a file of readings can have. */
export const encodings = ['utf-8', 'utf-16le', 'utf-16be', 'windows-1252'] as const;
export type Encoding = (typeof encodings)[number];

/** An encoding, and what it was recognised by. */
export interface FoundEncoding {
  encoding: Encoding;
  by: 'byte order mark' | 'zero bytes' | 'valid UTF-8' | 'not UTF-8' | 'option';
}

/** Reads names such as `UTF16LE`, `latin1` and `cp1252`. @throws PermanentError for an unknown one */
export function parseEncoding(name: string): Encoding {
  const key = name.toLowerCase().replace(/[^a-z0-9]/g, '');
  const known: Record<string, Encoding> = {
    utf8: 'utf-8',
    utf16: 'utf-16le',
    utf16le: 'utf-16le',
    utf16be: 'utf-16be',
    windows1252: 'windows-1252',
    cp1252: 'windows-1252',
    latin1: 'windows-1252',
    iso88591: 'windows-1252',
  };
  const encoding = known[key];
  if (encoding) return encoding;
  throw new PermanentError(
    'bad_encoding',
    `The encoding "${name}" is unknown. Known are ${encodings.join(', ')}. Convert other files first: iconv -f ${name} -t UTF-8 FILE`,
  );
}

/** Recognises the encoding of a text by its first bytes. */
export function findEncoding(start: Uint8Array): FoundEncoding {
  const [a, b, c] = start;
  if (a === 0xef && b === 0xbb && c === 0xbf) return { encoding: 'utf-8', by: 'byte order mark' };
  if (a === 0xff && b === 0xfe) return { encoding: 'utf-16le', by: 'byte order mark' };
  if (a === 0xfe && b === 0xff) return { encoding: 'utf-16be', by: 'byte order mark' };
  const zeros = [0, 0];
  for (let n = 0; n < start.length; n++) if (start[n] === 0) zeros[n % 2] = (zeros[n % 2] as number) + 1;
  const half = start.length / 2;
  const [even = 0, odd = 0] = zeros;
  if (odd > half * 0.6 && even < half * 0.2) return { encoding: 'utf-16le', by: 'zero bytes' };
  if (even > half * 0.6 && odd < half * 0.2) return { encoding: 'utf-16be', by: 'zero bytes' };
  try {
    // The last character may be cut off, which `stream` allows.
    new TextDecoder('utf-8', { fatal: true }).decode(start, { stream: true });
    return { encoding: 'utf-8', by: 'valid UTF-8' };
  } catch {
    return { encoding: 'windows-1252', by: 'not UTF-8' };
  }
}
