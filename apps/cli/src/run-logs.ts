import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface LogLine {
  timestamp: string;
  service: string;
  level: string;
  message: string;
}

/** Enough for a run of some thousand batches; the newest are kept. */
const mostLines = 2_000;

/**
 * The lines about a run in the logs that `npm start` writes, oldest first.
 * @returns undefined if there are no such logs
 */
export async function linesOfRun(home: string, run: string): Promise<LogLine[] | undefined> {
  const folder = join(home, 'logs');
  const names = await readdir(folder).catch(() => undefined);
  const files = names?.filter((name) => /^(worker-|scheduler|dashboard).*\.log(\.1)?$/.test(name));
  if (!files || files.length === 0) return undefined;
  const found: LogLine[] = [];
  for (const file of files) {
    for await (const line of createInterface({ input: createReadStream(join(folder, file)) })) {
      const read = line.includes(run) && readLine(line);
      if (read && read.run === run) found.push(read);
    }
  }
  return found.sort((a, b) => (a.timestamp < b.timestamp ? -1 : 1)).slice(-mostLines);
}

function readLine(line: string): (LogLine & { run?: string }) | undefined {
  try {
    return JSON.parse(line);
  } catch {
    return undefined; // cut off, or written by something else
  }
}
