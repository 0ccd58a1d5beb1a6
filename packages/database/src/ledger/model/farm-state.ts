import type { RunStatus } from '@mycelium/farm';

/** A slot in the ledger, and its job in the queue. */
export interface Slot {
  status: RunStatus | 'none';
  epoch: number;
  /** `taken`: `worker` holds it, or a dead worker if that is undefined. `lost`: Redis lost its data. */
  job: 'ready' | 'taken' | 'asleep' | 'lost' | 'gone';
  worker?: number | undefined;
  batches: 'none' | 'pending' | 'done';
}

/**
 * `deciding`: between the two halves of the old `begin`. `falling asleep`: its job sleeps, and the ledger does not know
 * yet.
 */
export interface Worker {
  does: 'nothing' | 'deciding' | 'working' | 'falling asleep' | 'completing';
  slot: number;
  epoch: number;
}

export interface Lease {
  epoch: number;
  live: boolean;
}

/** One job of the farm: its slots, the workers of its queue, and its lease. */
export interface Farm {
  slots: Slot[];
  workers: Worker[];
  lease?: Lease | undefined;
}

export interface Step {
  name: string;
  /** The step happens eventually if nothing fails again. Crashes, pauses and lost jobs need not happen. */
  fair: boolean;
  to: Farm;
}

export function newFarm(slots: number, workers: number): Farm {
  return {
    slots: Array.from({ length: slots }, () => ({ status: 'none', epoch: 0, job: 'ready', batches: 'none' })),
    workers: Array.from({ length: workers }, () => ({ does: 'nothing', slot: 0, epoch: 0 })),
  };
}

/**
 * Renumbers slots, workers and epochs, so that equivalent farms become equal. Only the order of epochs matters, and
 * only while something compares them.
 */
export function canonical({ slots, workers, lease }: Farm): Farm {
  const compared = ({ status }: Slot) => status === 'running' || status === 'waiting';
  const known = new Set([...slots.filter(compared), ...(lease ? [lease] : [])].map(({ epoch }) => epoch));
  const ranks = [...known].sort((a, b) => a - b);
  const rank = (epoch: number) => 1 + ranks.indexOf(epoch); // 0: nothing refers to it any more

  const ranked = slots.map((slot) => ({ ...slot, epoch: compared(slot) ? rank(slot.epoch) : 0 }));
  const slotOrder = sortedBy(
    ranked,
    ({ status, epoch, job, batches }) => `${status} ${epoch} ${job} ${batches}`,
  );
  const renamed = workers.map((worker) => ({
    ...worker,
    slot: worker.does === 'nothing' ? 0 : slotOrder.indexOf(worker.slot),
    epoch: rank(worker.epoch),
  }));
  const workerOrder = sortedBy(renamed, ({ does, slot, epoch }) => `${does} ${slot} ${epoch}`);
  return {
    slots: slotOrder.map((n) => {
      const slot = ranked[n] as Slot;
      return { ...slot, worker: slot.worker === undefined ? undefined : workerOrder.indexOf(slot.worker) };
    }),
    workers: workerOrder.map((n) => renamed[n] as Worker),
    lease: lease && { ...lease, epoch: rank(lease.epoch) },
  };
}

/** The rank of each item when sorted by key. */
function sortedBy<T>(items: readonly T[], keyOf: (item: T) => string): number[] {
  const keys = items.map(keyOf);
  return keys.map((_, n) => n).sort((a, b) => compare(keys[a] as string, keys[b] as string) || a - b);
}

const compare = (a: string, b: string) => (a < b ? -1 : Number(a > b));

export const copyOf = ({ slots, workers, lease }: Farm): Farm => ({
  slots: slots.map((slot) => ({ ...slot })),
  workers: workers.map((worker) => ({ ...worker })),
  lease: lease && { ...lease },
});

export const keyOf = ({ slots, workers, lease }: Farm): string =>
  [
    ...slots.map(
      ({ status, epoch, job, worker, batches }) => `${status} ${epoch} ${job} ${worker} ${batches}`,
    ),
    ...workers.map(({ does, slot, epoch }) => `${does} ${slot} ${epoch}`),
    lease ? `${lease.epoch} ${lease.live}` : '',
  ].join('|');

export const nextEpoch = ({ slots, workers, lease }: Farm): number =>
  1 + Math.max(lease?.epoch ?? 0, ...slots.map(({ epoch }) => epoch), ...workers.map(({ epoch }) => epoch));

export const isHeld = ({ lease }: Farm, { epoch }: Slot): boolean =>
  lease?.live === true && lease.epoch === epoch;
