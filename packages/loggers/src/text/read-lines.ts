import { PermanentError } from '@mycelium/farm';
import { type Encoding, type FoundEncoding, findEncoding } from './encoding.ts';
import { openPacked, type Packing } from './unpack.ts';

export interface Block {
  /** Number of the first line, from 1. */
  line: number;
  lines: string[];
  /** Bytes of the file read so far. */
  bytes: number;
}

/** A file of text lines, however it is packed and encoded. */
export interface TextFile {
  file: string;
  packing: Packing;
  encoding: FoundEncoding;
  totalBytes: number;
  /** All lines from the beginning, some thousand at a time. Line ends may be LF, CRLF, CR, or mixed. */
  blocks(signal?: AbortSignal): AsyncGenerator<Block>;
}

const longestLine = 1_000_000;
const firstBytes = 64 * 1024;

/** @throws PermanentError when the file is not a text */
export async function openText(file: string, encoding?: Encoding): Promise<TextFile> {
  const packed = await openPacked(file);
  const beginning = await start();
  const found: FoundEncoding = encoding ? { encoding, by: 'option' } : findEncoding(beginning);
  if (!found.encoding.startsWith('utf-16') && isBinary(beginning))
    throw new PermanentError('binary_file', `${file} is not a text: it has bytes that no CSV file has.`);
  return {
    file,
    packing: packed.packing,
    encoding: found,
    totalBytes: packed.totalBytes,
    blocks,
  };

  async function start(): Promise<Uint8Array> {
    const { text } = packed.bytes();
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of unpacked(text)) {
      chunks.push(chunk);
      length += chunk.length;
      if (length >= firstBytes) break;
    }
    return Buffer.concat(chunks).subarray(0, firstBytes);
  }

  async function* unpacked(text: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    try {
      yield* text;
    } catch (error) {
      if (!(error as NodeJS.ErrnoException).code?.startsWith('Z_')) throw error;
      throw new PermanentError('damaged_file', `${file} is a damaged ${packed.packing} file.`, {
        cause: error,
      });
    }
  }

  function decode(decoder: TextDecoder, chunk?: Buffer): string {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined });
    } catch (error) {
      throw new PermanentError(
        'bad_encoding',
        `${file} begins as UTF-8, and does not go on so. Add --encoding windows-1252, or --encoding utf-8 if only a few characters are damaged.`,
        { cause: error },
      );
    }
  }

  async function* blocks(signal?: AbortSignal): AsyncGenerator<Block> {
    const { text, read } = packed.bytes(signal);
    const decoder = new TextDecoder(found.encoding, { fatal: found.by === 'valid UTF-8' });
    let line = 1;
    let rest = '';
    for await (const chunk of unpacked(text)) {
      const lines = splitLines(rest + decode(decoder, chunk));
      rest = lines.pop() as string;
      if (rest.length > longestLine) throw tooLong(line + lines.length);
      if (lines.length > 0) yield { line, lines, bytes: read() };
      line += lines.length;
    }
    rest += decode(decoder);
    const last = rest.endsWith('\r') ? [rest.slice(0, -1)] : rest ? [rest] : [];
    if (last.length > 0) yield { line, lines: last, bytes: read() };
  }
}

/** A tenth of the bytes are control characters. A few can be the noise of a line or of a dying card. */
function isBinary(start: Uint8Array): boolean {
  let controls = 0;
  for (const byte of start) if (byte < 9 || (byte > 13 && byte < 32)) controls++;
  return controls * 10 > start.length;
}

/** The last element is the beginning of the next line. A final CR is kept there, since LF may follow it. */
function splitLines(text: string): string[] {
  if (!text.includes('\r')) return text.split('\n');
  const held = text.endsWith('\r') ? '\r' : '';
  const lines = text
    .slice(0, text.length - held.length)
    .replaceAll('\r\n', '\n')
    .replaceAll('\r', '\n')
    .split('\n');
  lines.push(`${lines.pop() as string}${held}`);
  return lines;
}

function tooLong(line: number) {
  return new PermanentError(
    'long_line',
    `line ${line} is longer than a million characters. Is this a CSV file?`,
  );
}
