/** The states of a run. A slot without a row in the ledger has none. */
export type RunStatus =
  | 'running'
  | 'waiting'
  | 'retrying'
  | 'succeeded'
  | 'failed'
  | 'missed'
  | 'coalesced'
  | 'paused';

/** A run that began and has not ended. */
export const unfinished = ['running', 'waiting', 'retrying'] as const satisfies RunStatus[];

/**
 * THE STATE MACHINE OF A RUN. Every move takes the job's advisory lock (`lockJob`) as its first statement and decides
 * by what it reads after that, so no two moves of one job overlap. `model.test.ts` explores it exhaustively;
 * docs/decisions/0024-one-lock-for-every-move-of-a-run.md has the reasons.
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

/** What a decision needs to know of a run. */
export interface KnownRun {
  slot: Date;
  status: RunStatus;
  epoch: number;
  request: string | null;
  startedAt: Date | null;
  /** Its lease is alive. */
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
  /** The attempt that fell asleep continues. */
  | { verdict: 'resume' }
  /** A new attempt: of the same request, or of another one. */
  | { verdict: 'start'; again: boolean };

/**
 * Whether a run may begin now. At most one run of a job is alive: running with a live lease, or waiting for its batches.
 * Where several wait (a release before this one could leave it so), the one that began first goes first.
 * @param runs of the job: the run of the slot itself, and all that are running or waiting
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

/** A redelivery is done; so is a slot of the timetable, unless the run that succeeded began before its slot had come. */
function isDone(own: KnownRun, cause: string, request: string): boolean {
  if (own.request === request) return true;
  const fromTimetable = cause === 'schedule' || cause === 'catch-up';
  return fromTimetable && own.startedAt !== null && own.startedAt >= own.slot;
}
