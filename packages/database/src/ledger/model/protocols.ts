import { judgeBegin, type KnownRun } from '../run-state.ts';
import { type Farm, isHeld, nextEpoch, type Worker } from './farm-state.ts';

/** How a worker begins and ends a run. Each function is one atomic step; it changes the farm passed to it. */
export interface Protocol {
  /** The worker has taken the slot's job from the queue. */
  begin(farm: Farm, worker: Worker, slot: number): void;
  /** The second half, for a protocol that reads in one step and writes in another. */
  decide?(farm: Farm, worker: Worker): void;
  /** @returns whether it took effect. */
  end(farm: Farm, worker: Worker, status: 'succeeded' | 'retrying' | 'waiting'): boolean;
}

/** `begin` and `end` of this release, each under the job's lock. `judgeBegin` is the function that the ledger calls. */
export const lockedProtocol: Protocol = {
  begin(farm, worker, slot) {
    const { verdict } = judgeBegin(
      { slot: new Date(slot), cause: 'schedule', request: `${slot}` },
      knownRuns(farm),
    );
    if (verdict === 'done') finish(farm, slot);
    else if (verdict === 'busy' || !takeLease(farm, worker, slot)) requeue(farm, worker, slot);
  },
  end(farm, { epoch, slot }, status) {
    if (farm.lease?.epoch !== epoch) return false;
    farm.lease = undefined;
    return record(farm, slot, epoch, status);
  },
};

/** The first release: `begin` reads, then takes the lease; `end` takes no lock and checks only the run's epoch. */
export const unlockedProtocol: Protocol = {
  begin(farm, worker, slot) {
    const otherWaits = farm.slots.some(({ status }, n) => n !== slot && status === 'waiting');
    if (farm.slots[slot]?.status === 'succeeded') finish(farm, slot);
    else if (otherWaits) requeue(farm, worker, slot);
    else Object.assign(worker, { does: 'deciding', slot });
  },
  decide(farm, worker) {
    if (!takeLease(farm, worker, worker.slot)) requeue(farm, worker, worker.slot);
  },
  end(farm, { epoch, slot }, status) {
    if (farm.lease?.epoch === epoch) farm.lease = undefined;
    return record(farm, slot, epoch, status);
  },
};

function knownRuns(farm: Farm): KnownRun[] {
  return farm.slots.flatMap((run, n) => {
    if (run.status === 'none') return [];
    const at = new Date(n);
    return {
      slot: at,
      status: run.status,
      epoch: run.epoch,
      request: `${n}`,
      startedAt: at,
      held: isHeld(farm, run),
    };
  });
}

function takeLease(farm: Farm, worker: Worker, slot: number): boolean {
  if (farm.lease?.live) return false;
  const epoch = nextEpoch(farm);
  farm.lease = { epoch, live: true };
  Object.assign(farm.slots[slot] as object, { status: 'running', epoch });
  Object.assign(worker, { does: 'working', slot, epoch });
  return true;
}

function record(
  farm: Farm,
  slot: number,
  epoch: number,
  status: 'succeeded' | 'retrying' | 'waiting',
): boolean {
  const run = farm.slots[slot];
  if (run?.epoch !== epoch || run.status !== 'running') return false;
  run.status = status;
  return true;
}

function finish(farm: Farm, slot: number): void {
  Object.assign(farm.slots[slot] as object, { job: 'gone', worker: undefined });
}

function requeue(farm: Farm, worker: Worker, slot: number): void {
  Object.assign(worker, { does: 'nothing', slot: 0, epoch: 0 });
  Object.assign(farm.slots[slot] as object, { job: 'ready', worker: undefined });
}
