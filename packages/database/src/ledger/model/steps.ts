import { copyOf, type Farm, isHeld, type Slot, type Step, type Worker } from './farm-state.ts';
import type { Protocol } from './protocols.ts';

/** Every step that can happen next: by workers, by the queue, or as a failure. */
export function nextSteps(farm: Farm, protocol: Protocol): Step[] {
  const steps: Step[] = [];
  const step = (name: string, change: (to: Farm) => void, fair = true) => {
    const to = copyOf(farm);
    change(to);
    steps.push({ name, fair, to });
  };
  for (const [n, worker] of farm.workers.entries()) workerSteps(farm, protocol, n, worker, step);
  for (const [n, slot] of farm.slots.entries()) queueSteps(farm, n, slot, step);
  leaseSteps(farm, step);
  return steps;
}

type AddStep = (name: string, change: (to: Farm) => void, fair?: boolean) => void;

function workerSteps(farm: Farm, protocol: Protocol, n: number, worker: Worker, step: AddStep) {
  const self = (to: Farm) => to.workers[n] as Worker;
  const own = (to: Farm) => to.slots[worker.slot] as Slot;
  const job = farm.slots[worker.slot] as Slot;
  const holdsJob = job.job === 'taken' && job.worker === n;
  const stop = (to: Farm) => Object.assign(self(to), { does: 'nothing', slot: 0, epoch: 0 });
  const putJob = (to: Farm, where: 'ready' | 'asleep' | 'gone') => {
    if (holdsJob) Object.assign(own(to), { job: where, worker: undefined });
  };

  if (worker.does === 'nothing') {
    // Two workers that begin are judged one after the other, even in the old protocol.
    const free = farm.workers.every(({ does }) => does !== 'deciding');
    for (const [at, slot] of farm.slots.entries()) {
      if (!free || slot.job !== 'ready') continue;
      step(`worker ${n} begins slot ${at}`, (to) => {
        Object.assign(to.slots[at] as Slot, { job: 'taken', worker: n });
        protocol.begin(to, self(to), at);
      });
    }
    return;
  }
  if (worker.does === 'deciding') step(`worker ${n} decides`, (to) => protocol.decide?.(to, self(to)));
  if (worker.does === 'working') {
    if (job.batches !== 'pending') {
      step(`worker ${n} ends slot ${worker.slot}`, (to) => {
        if (protocol.end(to, self(to), 'succeeded')) self(to).does = 'completing';
        else putJob(stop(to) && to, 'ready');
      });
    }
    step(`worker ${n} fails slot ${worker.slot}, to be retried`, (to) => {
      protocol.end(to, self(to), 'retrying');
      putJob(stop(to) && to, 'ready');
    });
    if (job.batches !== 'done' && holdsJob) {
      step(`worker ${n} splits slot ${worker.slot} into batches`, (to) => {
        own(to).batches = 'pending';
        putJob(to, 'asleep');
        self(to).does = 'falling asleep';
      });
    }
  }
  if (worker.does === 'falling asleep') {
    step(`worker ${n} ends slot ${worker.slot} as waiting`, (to) => {
      protocol.end(to, self(to), 'waiting');
      stop(to);
    });
  }
  if (worker.does === 'completing')
    step(`worker ${n} completes its job`, (to) => putJob(stop(to) && to, 'gone'));
  step(
    `worker ${n} dies`,
    (to) => {
      if (holdsJob) own(to).worker = undefined;
      stop(to);
    },
    false,
  );
}

function queueSteps(farm: Farm, n: number, slot: Slot, step: AddStep) {
  const own = (to: Farm) => to.slots[n] as Slot;
  if (slot.job === 'taken') {
    // The queue hands a job over when its worker is dead or has been paused for too long.
    const give = (to: Farm) => Object.assign(own(to), { job: 'ready', worker: undefined });
    step(`slot ${n}: its job stalls`, give, slot.worker === undefined);
  }
  if (slot.batches === 'pending') {
    step(`slot ${n}: its batches are done`, (to) => {
      own(to).batches = 'done';
      if (slot.job === 'asleep') own(to).job = 'ready';
    });
  }
  if (slot.job === 'ready' || slot.job === 'asleep')
    step(
      `slot ${n}: Redis loses its job`,
      (to) => Object.assign(own(to), { job: 'lost', batches: 'none' }),
      false,
    );
  if (slot.job === 'lost' && !isHeld(farm, slot))
    step(`slot ${n}: the scheduler enqueues it again`, (to) => Object.assign(own(to), { job: 'ready' }));
}

function leaseSteps({ lease, workers }: Farm, step: AddStep) {
  if (!lease) return;
  const holder = workers.some(({ epoch }) => epoch === lease.epoch);
  const set = (live: boolean) => (to: Farm) => Object.assign(to.lease as object, { live });
  if (lease.live) step('the lease expires', set(false), !holder);
  else if (holder) step('the lease is renewed late', set(true), false);
}
