import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Stage } from './scenario.ts';

const script = new URL('../tools/stub-worker.ts', import.meta.url).pathname;

export interface StubWorker {
  child: ChildProcess;
  /** Resolves when it takes jobs; with the process of its model, when it has a real one. */
  ready: Promise<{ modelPid?: number }>;
  ended: Promise<unknown>;
}

/** Starts an image worker whose model is a stub; `heard` is told of every log line. */
export function startStubWorker(
  stage: Stage,
  told: {
    name: string;
    millisecondsPerImage: number;
    concurrency?: number;
    leaseSeconds?: number;
    drainSeconds?: number;
    dieAtCommit?: number;
    poisonImage?: string;
    modelFolder?: string;
    captionUrl?: string;
    /** On another host: its way to the servers, and what runs a command there. */
    databaseUrl?: string;
    redisUrl?: string;
    via?: string[];
  },
  heard: (message: string) => void = () => {},
): StubWorker {
  const { databaseUrl, redisUrl, prefix } = stage;
  const { via = [], ...settings } = told;
  const argument = JSON.stringify({
    databaseUrl,
    redisUrl,
    prefix,
    imageDir: `${stage.folder}/images`,
    seed: Math.floor(stage.random() * 2 ** 31),
    ...settings,
  });
  const [command = '', ...args] = [
    ...via,
    ...[
      process.execPath,
      '--import',
      import.meta.resolve('@mycelium/config/compile-cache'),
      script,
      argument,
    ],
  ];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  const ready = new Promise<{ modelPid?: number }>((resolve) => {
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
      const told = JSON.parse(line) as { message: string; modelPid?: number };
      if (told.message === 'taking jobs') resolve(told);
      heard(told.message);
    });
  });
  stage.onEnd(() => {
    child.kill('SIGKILL');
    return ended;
  });
  return { child, ready, ended };
}

/** A crew of workers, in which whoever dies is replaced at once. */
export function startCrew(
  stage: Stage,
  size: number,
  told: Omit<Parameters<typeof startStubWorker>[1], 'name'>,
  heard?: (message: string) => void,
) {
  let hired = 0;
  let ended = false;
  let deaths = 0;
  const crew = Array.from({ length: size }, () => {
    const seat: { worker: StubWorker } = { worker: hire() };
    watch(seat);
    return seat;
  });

  function hire() {
    return startStubWorker(stage, { name: `stub-${++hired}`, ...told }, heard);
  }

  function watch(seat: { worker: StubWorker }) {
    void seat.worker.ended.then(() => {
      if (ended) return;
      deaths++;
      seat.worker = hire();
      watch(seat);
    });
  }

  stage.onEnd(() => {
    ended = true;
  });
  return {
    ready: () => Promise.all(crew.map(({ worker }) => worker.ready)),
    async atWork(n: number): Promise<ChildProcess> {
      const { worker } = crew[n % size] as { worker: StubWorker };
      await worker.ready;
      return worker.child;
    },
    deaths: () => deaths,
    async stop() {
      ended = true;
      for (const { worker } of crew) worker.child.kill('SIGTERM');
      await Promise.all(crew.map(({ worker }) => worker.ended));
    },
  };
}
