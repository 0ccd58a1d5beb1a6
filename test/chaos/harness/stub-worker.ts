import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Testbed } from './scenario.ts';

const script = new URL('../../tools/stub-worker.ts', import.meta.url).pathname;

/** A log line of an image worker with a stub in place of its model. */
interface LogLine {
  message: string;
  modelPid?: number;
  refusedWrites?: number;
  heapBytes?: number;
}

export interface StubWorker {
  child: ChildProcess;
  /** Resolves when it takes jobs, with the pid of its model's process if it has a real model. */
  ready: Promise<{ modelPid?: number }>;
  ended: Promise<unknown>;
  /** Bytes still in use after a garbage collection. */
  heapBytes: () => Promise<number>;
}

export interface StubWorkerOptions {
  name: string;
  millisecondsPerImage: number;
  concurrency?: number;
  leaseSeconds?: number;
  drainSeconds?: number;
  dieAtCommit?: number;
  poisonImage?: string;
  modelFolder?: string;
  captionUrl?: string;
  /** For another host: its route to the servers and the prefix that runs a command there. */
  databaseUrl?: string;
  redisUrl?: string;
  via?: string[];
}

/** Starts an image worker whose model is a stub. It reports its refused writes as they happen. */
export function startStubWorker(testbed: Testbed, options: StubWorkerOptions): StubWorker {
  const { databaseUrl, redisUrl, prefix, store } = testbed;
  const { via = [], ...settings } = options;
  const argument = JSON.stringify({
    databaseUrl,
    redisUrl,
    prefix,
    store,
    seed: Math.floor(testbed.random() * 2 ** 31),
    ...settings,
  });
  const compileCache = import.meta.resolve('@mycelium/config/compile-cache');
  const node = [process.execPath, '--expose-gc', '--import', compileCache, script, argument];
  const [command = '', ...args] = [...via, ...node];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');

  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
  let refused: number | undefined; // until it takes jobs, it reports nothing
  lines.on('line', (line) => {
    const { message, refusedWrites } = JSON.parse(line) as LogLine;
    refused = refusedWrites ?? refused ?? (message === 'taking jobs' ? 0 : undefined);
  });
  testbed.refusedWrites.watch(async () => refused);
  const logged = (holds: (line: LogLine) => boolean) =>
    new Promise<LogLine>((resolve) => {
      const listener = (line: string) => {
        const parsed = JSON.parse(line) as LogLine;
        if (!holds(parsed)) return;
        lines.off('line', listener);
        resolve(parsed);
      };
      lines.on('line', listener);
    });
  const ready = logged(({ message }) => message === 'taking jobs');
  testbed.onEnd(() => {
    child.kill('SIGKILL');
    return ended;
  });
  return {
    child,
    ready,
    ended,
    async heapBytes() {
      const answer = logged(({ heapBytes }) => heapBytes !== undefined);
      child.kill('SIGUSR2');
      const gone = ended.then(() => Promise.reject(new Error(`${options.name} ended`)));
      return (await Promise.race([answer, gone])).heapBytes as number;
    },
  };
}
