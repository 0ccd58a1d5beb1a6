import type { ChildProcess } from 'node:child_process';
import type { Testbed } from './scenario.ts';
import { type StubWorker, type StubWorkerOptions, startStubWorker } from './stub-worker.ts';

/** Starts workers and replaces each one that dies at once. */
export function startWorkerGroup(testbed: Testbed, size: number, options: Omit<StubWorkerOptions, 'name'>) {
  let started = 0;
  let ended = false;
  let deaths = 0;
  const places = Array.from({ length: size }, () => {
    const place: { worker: StubWorker } = { worker: start() };
    replaceWhenDead(place);
    return place;
  });

  function start() {
    return startStubWorker(testbed, { name: `stub-${++started}`, ...options });
  }

  function replaceWhenDead(place: { worker: StubWorker }) {
    void place.worker.ended.then(() => {
      if (ended) return;
      deaths++;
      place.worker = start();
      replaceWhenDead(place);
    });
  }

  testbed.onEnd(() => {
    ended = true;
  });
  return {
    ready: () => Promise.all(places.map(({ worker }) => worker.ready)),
    /** The nth worker's process, once it takes jobs. */
    async running(n: number): Promise<ChildProcess> {
      const { worker } = places[n % size] as { worker: StubWorker };
      await worker.ready;
      return worker.child;
    },
    deaths: () => deaths,
  };
}
