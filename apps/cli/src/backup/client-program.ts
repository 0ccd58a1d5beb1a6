import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { childEnvironment } from '@mycelium/config';

/**
 * Runs pg_dump or pg_restore against a database. The password goes through the environment, since every user of the
 * machine can read a command line.
 * @param onLine receives what it reports with --verbose
 * @throws Error with the last lines of its report
 */
export async function runClient(
  program: string,
  args: string[],
  databaseUrl: string,
  { signal, onLine }: { signal: AbortSignal; onLine: (line: string) => void },
): Promise<void> {
  const url = new URL(databaseUrl);
  const password = decodeURIComponent(url.password);
  url.password = '';
  const child = spawn(program, [...args, '--dbname', url.href], {
    env: { ...childEnvironment({}), ...(password && { PGPASSWORD: password }) },
    stdio: ['ignore', 'ignore', 'pipe'],
    signal,
  });
  const last: string[] = [];
  const lines = createInterface({ input: child.stderr });
  lines.on('line', (line) => {
    if (last.push(line) > 5) last.shift();
    onLine(line);
  });
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${program.split('/').at(-1)} failed:\n${last.join('\n')}`);
}
