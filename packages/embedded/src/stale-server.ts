import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandLine } from './process-identity.ts';

interface StaleServer {
  /** Its first line is the pid. */
  pidFile: string;
  /** A word of the server's command line that no other program has: its data folder or its settings file. */
  mark: string;
  /** Sent one after the other, each with five seconds to work. */
  signals: NodeJS.Signals[];
}

/**
 * Ends a server of ours that outlived a crash of the process that started it. Only a process whose command line
 * names our files is touched: the pid may have been given to somebody else since. Returns whether the pid in the file
 * belongs to such a stranger.
 */
export async function endStaleServer({
  pidFile,
  mark,
  signals,
}: StaleServer): Promise<{ stranger: boolean }> {
  const pid = Number.parseInt(await readFile(pidFile, 'utf8').catch(() => ''), 10);
  if (!(pid > 0)) return { stranger: false };
  const words = await commandLine(pid);
  if (words.length === 0) return { stranger: false };
  if (!words.includes(mark)) return { stranger: true };
  for (const signal of signals) {
    process.kill(pid, signal);
    for (let tries = 0; tries < 100; tries++) {
      await sleep(50);
      if (!(await commandLine(pid)).includes(mark)) return { stranger: false };
    }
  }
  throw new Error(`An old server of ours, process ${pid}, cannot be ended. End it by hand and start again.`);
}
