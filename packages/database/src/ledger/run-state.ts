import { type RunStatus, unfinished } from '@mycelium/farm';

/**
 * The state machine of a run. The first statement of every move takes the job's advisory lock (`lockJob`), and
 * decisions use only what is read after it, so no two moves of one job overlap. `model.test.ts` explores it
 * exhaustively; docs/decisions/0024-one-lock-for-every-move-of-a-run.md has the reasons.
 *
 * | move    | from                        | to                                    | who       | only if                                     |
 * |---------|-----------------------------|---------------------------------------|-----------|---------------------------------------------|
 * | begin   | none, any                   | running                               | worker    | `judgeBegin` allows it and the lease is free |
 * | end     | running                     | waiting, retrying, succeeded, failed  | worker    | the lease (name, epoch) is still its own     |
 * | account | none                        | missed, coalesced, paused             | any       |                                             |
 * | giveUp  | running, waiting, retrying  | failed                                | scheduler | no live lease of its epoch                  |
 */
export const moves = {
  end: { from: ['running'], to: ['waiting', 'retrying', 'succeeded', 'failed'] },
  account: { from: [], to: ['missed', 'coalesced', 'paused'] },
  giveUp: { from: unfinished, to: ['failed'] },
} as const satisfies Record<string, { from: readonly RunStatus[]; to: readonly RunStatus[] }>;

/** What a decision needs to know about a run. */
export interface KnownRun {
  slot: Date;
  status: RunStatus;
  epoch: number;
  request: string | null;
  startedAt: Date | null;
  /** Its lease is live. */
  held: boolean;
}

export interface BeginRequest {
  slot: Date;
  cause: string;
  request: string;
}

export type Verdict =
  | { verdict: 'done' }
  | { verdict: 'busy'; blocker: KnownRun }
  /** The sleeping attempt continues. */
  | { verdict: 'resume' }
  /** A new attempt, for the same request or another one. */
  | { verdict: 'start'; again: boolean };

/**
 * Whether a run may begin now. At most one run of a job is alive: running with a live lease, or waiting for its
 * batches. If several are waiting, which older releases allowed, the one that began first goes first.
 * @param runs the job's runs: the run of the slot itself, and all that are running or waiting
 */
export function judgeBegin({ slot, cause, request }: BeginRequest, runs: readonly KnownRun[]): Verdict {
  const own = runs.find((run) => run.slot.getTime() === slot.getTime());
  if (own?.status === 'succeeded' && isDone(own, cause, request)) return { verdict: 'done' };

  const alive = runs.find((run) => run.held);
  const asleep = runs.filter(({ status }) => status === 'waiting').sort((a, b) => a.epoch - b.epoch);
  const blocker = alive ?? asleep[0];
  if (blocker && (alive || blocker !== own)) return { verdict: 'busy', blocker };

  const again = own?.request === request;
  return own?.status === 'waiting' && again ? { verdict: 'resume' } : { verdict: 'start', again };
}

/** A redelivery of a finished run is done. So is a scheduled slot, unless its successful run began before the slot. */
function isDone(own: KnownRun, cause: string, request: string): boolean {
  if (own.request === request) return true;
  const fromTimetable = cause === 'schedule' || cause === 'catch-up';
  return fromTimetable && own.startedAt !== null && own.startedAt >= own.slot;
}
