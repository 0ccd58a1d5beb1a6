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
  /** Receives both stdout and stderr. */
  logFile: string;
  /** The complete environment of the process. Default: the caller's. */
  env?: NodeJS.ProcessEnv;
  cwd?: string;
  user?: ServiceUser;
  /** A URL that answers 2xx once the process is ready. */
  healthUrl?: string;
  /** Instead of a URL: called repeatedly until it returns true. Waiting ends if it throws. */
  isReady?: () => Promise<boolean>;
  /** How long `ready` waits. Default: a minute. */
  readyWithinMs?: number;
  /** Aborts waiting for readiness, not the process. */
  signal?: AbortSignal | undefined;
  /** Signals to stop it with, each sent if the one before had no effect. */
  stopSignals?: NodeJS.Signals[];
  /** Called once if the process ends without `stop` after it became ready. Before that, `ready` rejects. */
  onUnexpectedExit?: (failure: ProcessFailed) => void;
}

export interface RunningProcess {
  name: string;
  pid: number;
  logFile: string;
  /** Resolves when the process is ready, or at once without a readiness check. Rejects with ProcessFailed. */
  ready: Promise<void>;
  /** Resolves when the process is gone, however it ended. */
  exited: Promise<void>;
  /** Asks the process to stop and waits; kills it after the deadline (10 s). Safe to call twice. */
  stop: (deadlineMs?: number) => Promise<void>;
}

/** A process crashed or never became ready. The message ends with the last lines of its log. */
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
 * Starts a process that ends with this one. It has its own session, so that Ctrl-C in a terminal reaches only the
 * parent, which then stops its processes in order. On Linux the kernel sends it the first stop signal when the parent
 * dies, however that happens.
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
    () => {}, // `ready` rejects for those who await it
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

/**
 * util-linux's setpriv asks the kernel for a signal when the parent dies, then becomes the command with the same pid.
 */
async function tiedToParent(command: string, args: string[], signal: string): Promise<[string, string[]]> {
  setpriv ??= process.platform === 'linux' ? findProgram('setpriv') : Promise.resolve(undefined);
  const path = await setpriv;
  return path ? [path, ['--pdeathsig', signal.replace('SIG', ''), '--', command, ...args]] : [command, args];
}
