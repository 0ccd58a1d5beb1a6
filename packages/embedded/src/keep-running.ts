import { setTimeout as sleep } from 'node:timers/promises';
import { ProcessFailed } from './processes.ts';

interface Running {
  stop(): Promise<void>;
}

export interface KeepRunningOptions<Server extends Running> {
  name: string;
  /** Resolves when it is ready. */
  start(control: {
    onUnexpectedExit: (failure: ProcessFailed) => void;
    signal: AbortSignal;
  }): Promise<Server>;
  /** Says that it crashed, and what is done about it. */
  onRestart(sentence: string): void;
  /** It keeps crashing; restarting it has not helped. */
  onGivenUp(failure: ProcessFailed): void;
  now?: () => number;
  /** Resolves after this time, or earlier if it is aborted. */
  wait?: (ms: number, signal: AbortSignal) => Promise<unknown>;
}

/** A process that crashes more often than this within ten minutes does not run again by being restarted. */
const pauses = [1_000, 2_000, 4_000, 8_000, 16_000];
const within = 10 * 60_000;

/**
 * Starts a process and starts it again whenever it crashes, with growing pauses.
 * @returns what stops it, also in the middle of a restart. Rejects when it cannot be started in the first place
 */
export async function keepRunning<Server extends Running>(options: KeepRunningOptions<Server>) {
  const { name, start, onRestart, onGivenUp, now = Date.now, wait = sleepUnlessAborted } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  let crashes: number[] = [];
  let restarting = Promise.resolve();
  const onUnexpectedExit = (failure: ProcessFailed) => {
    restarting = restart(failure);
  };
  const first = await start({ onUnexpectedExit, signal });
  let server = first;

  async function restart(failure: ProcessFailed): Promise<void> {
    for (let last = failure; !signal.aborted; ) {
      crashes = [...crashes, now()].filter((at) => at > now() - within);
      const pause = pauses[crashes.length - 1];
      if (pause === undefined) return onGivenUp(last);
      onRestart(`${last.message}\nRestarting ${name} in ${pause / 1_000} s.`);
      await wait(pause, signal);
      if (signal.aborted) return;
      try {
        server = await start({ onUnexpectedExit, signal });
        return onRestart(`${name} runs again.`);
      } catch (error) {
        last = error instanceof ProcessFailed ? error : new ProcessFailed(name, String(error), '', '');
      }
    }
  }

  const stop = async () => {
    stopping.abort();
    await restarting;
    await server.stop();
  };
  return { first, stop };
}

const sleepUnlessAborted = (ms: number, signal: AbortSignal) =>
  sleep(ms, undefined, { signal }).catch(() => {});
