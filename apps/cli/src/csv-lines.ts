import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';

export interface Block {
  /** Number of the first line, from 1. */
  line: number;
  lines: string[];
  /** Bytes read so far. */
  bytes: number;
}

const longestLine = 1_000_000;

/**
 * Reads a file of any length, some thousand lines at a time. Every line is one record, so a broken quote affects
 * only one record; a general CSV parser would swallow the lines after it.
 */
export async function* readLines(file: string, signal?: AbortSignal): AsyncGenerator<Block> {
  const stream = createReadStream(file, { highWaterMark: 256 * 1024, ...(signal && { signal }) });
  const decoder = new TextDecoder();
  let line = 1;
  let bytes = 0;
  let rest = '';
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() as string;
    if (rest.length > longestLine)
      throw new Error(`line ${line + lines.length} is longer than a million characters. Is this a CSV file?`);
    if (lines.length > 0) yield { line, lines, bytes };
    line += lines.length;
  }
  if (rest) yield { line, lines: [rest], bytes };
}

export async function fileSize(file: string): Promise<number> {
  return (await stat(file)).size;
}

/** The most frequent separator in the first line. */
export async function findSeparator(file: string): Promise<string> {
  await using handle = await open(file);
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(4_096), 0, 4_096, 0);
  const [header = ''] = buffer.toString('utf8', 0, bytesRead).split('\n');
  const uses = (separator: string) => header.split(separator).length;
  return [',', ';', '\t'].reduce((most, separator) => (uses(separator) > uses(most) ? separator : most));
}

/** The fields of one line without their quotes. @throws Error when a quote is not closed. */
export function splitLine(line: string, separator: string): string[] {
  const text = line.endsWith('\r') ? line.slice(0, -1) : line;
  if (!text.includes('"')) return text.split(separator);
  const fields: string[] = [];
  let at = 0;
  while (at <= text.length) {
    if (text[at] === '"') {
      let field = '';
      let from = at + 1;
      for (;;) {
        const quote = text.indexOf('"', from);
        if (quote < 0) throw new Error('a quote is not closed');
        field += text.slice(from, quote);
        from = quote + 1;
        if (text[from] !== '"') break;
        field += '"';
        from++;
      }
      if (from < text.length && text[from] !== separator) throw new Error('text after a closing quote');
      fields.push(field);
      at = from + 1;
    } else {
      const end = text.indexOf(separator, at);
      fields.push(text.slice(at, end < 0 ? text.length : end));
      at = end < 0 ? text.length + 1 : end + 1;
    }
  }
  return fields;
}
