import { spawn } from 'node:child_process';
import { fstatSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { findProgram } from './command.ts';
import { closeLog, lastLines, openLog } from './log-file.ts';
import type { ServiceUser } from './service-user.ts';

export interface ProcessOptions {
  name: string;
  command: string;
  args: string[];
  /** Both stdout and stderr are appended here. */
  logFile: string;
  /** The whole environment of the process; the caller's own when left out. */
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  user?: ServiceUser;
  /** An address that answers 2xx once the process can work. */
  healthUrl?: string;
  /** Instead of an address: asked again and again until it says yes; what it throws ends the waiting. */
  isReady?: () => Promise<boolean>;
  /** How long `ready` waits; one minute when left out. */
  readyWithinMs?: number;
  /** Ends the waiting for readiness, not the process. */
  signal?: AbortSignal | undefined;
  /** Asked to stop with the first; each next one follows when the one before did not help. */
  stopSignals?: NodeJS.Signals[];
  /** Called once when the process, having been ready, ends without `stop`; before that, `ready` tells. */
  onUnexpectedExit?: (failure: ProcessFailed) => void;
}

export interface RunningProcess {
  name: string;
  pid: number;
  logFile: string;
  /** Resolves when the process can work (at once if it has no way to tell); rejects with ProcessFailed. */
  ready: Promise<void>;
  /** Resolves when the process is gone, however it ended. */
  exited: Promise<void>;
  /** Asks the process to end and waits; after the deadline (10 s) it is ended by force. Safe to call twice. */
  stop: (deadlineMs?: number) => Promise<void>;
}

/** A process that ended by itself, or never became ready; the message ends with the last lines of its log. */
export class ProcessFailed extends Error {
  readonly process: string;
  readonly log: string;
  constructor(name: string, what: string, logFile: string, log: string) {
    super(
      `${name} ${what}. ${log ? `The last lines of ${logFile}:\n${log}` : `It wrote nothing to ${logFile}.`}`,
    );
    this.name = 'ProcessFailed';
    this.process = name;
    this.log = log;
  }
}

/**
 * Starts a process that ends with this one. It gets a session of its own, so that Ctrl-C in a terminal reaches only
 * the parent, which then stops its processes in order; and on Linux the kernel sends it the first stop signal when
 * the parent dies, however that happens.
 */
export async function startProcess(options: ProcessOptions): Promise<RunningProcess> {
  const { name, logFile, stopSignals = ['SIGTERM', 'SIGKILL'] } = options;
  const [command, args] = await tiedToParent(options.command, options.args, stopSignals[0] ?? 'SIGTERM');
  const log = openLog(logFile);
  const logStart = fstatSync(log).size;
  const child = spawn(command, args, {
    stdio: ['ignore', log, log],
    detached: true,
    ...(options.env && { env: options.env }),
    ...(options.cwd && { cwd: options.cwd }),
    ...options.user?.ids,
  });
  closeLog(log);

  let ended: string | undefined;
  let stopping = false;
  const exited = new Promise<void>((resolve) => {
    const end = (how: string) => {
      ended ??= how;
      resolve();
    };
    child.once('error', (error) => end(`could not be started: ${error.message}`));
    child.once('exit', (code, signal) =>
      end(signal ? `was ended by ${signal}` : `ended with exit code ${code}`),
    );
  });
  const failure = async (what: string) =>
    new ProcessFailed(name, what, logFile, await lastLines(logFile, { from: logStart }));

  async function waitUntil(isReady: () => Promise<boolean>): Promise<void> {
    const deadline = Date.now() + (options.readyWithinMs ?? 60_000);
    for (let pause = 20; ended === undefined && !stopping && Date.now() < deadline; pause *= 1.3) {
      options.signal?.throwIfAborted();
      if (await isReady()) return;
      await sleep(Math.min(pause, 500));
    }
    throw await failure(
      ended ?? (stopping ? 'was stopped before it was ready' : 'did not become ready in time'),
    );
  }

  async function stop(deadlineMs = 10_000): Promise<void> {
    stopping = true;
    for (const [index, signal] of stopSignals.entries()) {
      if (ended !== undefined) return;
      child.kill(signal);
      await Promise.race([exited, sleep(index === 0 ? deadlineMs : 3_000, undefined, { ref: false })]);
    }
    await exited;
  }

  const isReady = options.isReady ?? (options.healthUrl ? answers(options.healthUrl) : undefined);
  const ready = isReady ? waitUntil(isReady) : Promise.resolve();
  ready.then(
    async () => {
      await exited;
      if (!stopping) options.onUnexpectedExit?.(await failure(ended ?? 'ended'));
    },
    () => {}, // whoever awaits `ready` hears of it
  );
  return { name, pid: child.pid ?? -1, logFile, ready, exited, stop };
}

function answers(url: string): () => Promise<boolean> {
  return async () => {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2_000) }).catch(() => undefined);
    await answer?.body?.cancel();
    return answer?.ok ?? false;
  };
}

let setpriv: Promise<string | undefined> | undefined;

/** util-linux's setpriv asks the kernel for a signal at the parent's death and then becomes the command, same pid. */
async function tiedToParent(command: string, args: string[], signal: string): Promise<[string, string[]]> {
  setpriv ??= process.platform === 'linux' ? findProgram('setpriv') : Promise.resolve(undefined);
  const path = await setpriv;
  return path ? [path, ['--pdeathsig', signal.replace('SIG', ''), '--', command, ...args]] : [command, args];
}
