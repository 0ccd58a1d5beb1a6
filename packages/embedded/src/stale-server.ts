import { readdir, readFile, readlink } from 'node:fs/promises';
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
 * names our files is touched: the pid may have been given to somebody else since.
 */
export async function endStaleServer({ pidFile, mark, signals }: StaleServer): Promise<void> {
  const pid = Number.parseInt(await readFile(pidFile, 'utf8').catch(() => ''), 10);
  const isOurs = async () => pid > 0 && (await commandLine(pid)).includes(mark);
  if (!(await isOurs())) return;
  for (const signal of signals) {
    process.kill(pid, signal);
    for (let tries = 0; tries < 100; tries++) {
      await sleep(50);
      if (!(await isOurs())) return;
    }
  }
  throw new Error(`An old server of ours, process ${pid}, cannot be ended. End it by hand and start again.`);
}

/**
 * Ends what a killed PostgreSQL left behind: a session in the middle of a long query does not notice that its server
 * is gone, and no new one starts beside it. Known by working in the data folder under PostgreSQL's own title.
 */
export async function endOrphanedSessions(dataFolder: string): Promise<void> {
  if (process.platform !== 'linux') return;
  for (const pid of (await readdir('/proc')).map(Number).filter(Boolean)) {
    if ((await readlink(`/proc/${pid}/cwd`).catch(() => '')) !== dataFolder) continue;
    if (!(await isSession(pid))) continue;
    process.kill(pid, 'SIGKILL');
    while (await isSession(pid)) await sleep(10);
  }
}

const isSession = async (pid: number) => (await commandLine(pid))[0]?.startsWith('postgres: ') ?? false;
