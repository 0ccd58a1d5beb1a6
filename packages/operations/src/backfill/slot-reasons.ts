import { type Day, dayBounds, isUnfinished, type Only } from '@mycelium/farm';
import type { Reason } from './steps.ts';

export interface LedgerDay {
  day: Day;
  /** The run of the day's slot in the ledger. */
  run?: { status: string; startedAt: Date | null } | undefined;
}

/** Whether a run of the day's slot is in progress: a backfill leaves the day to it. */
export function isUnderWay({ run }: Pick<LedgerDay, 'run'>): boolean {
  return run !== undefined && isUnfinished(run.status);
}

/** Why a day's slot should be run, according to the ledger and the age of its data; undefined if it should not. */
export function reasonForDay(
  { day, run }: LedgerDay,
  { stale, only, timeZone }: { stale: boolean; only: Only | undefined; timeZone: string },
): Reason | undefined {
  const reason = reasonOf();
  return only === undefined || only === 'all' || only === reason ? reason : undefined;

  function reasonOf(): Reason | undefined {
    if (!run || ['missed', 'coalesced', 'paused'].includes(run.status)) return 'missing';
    if (run.status === 'failed') return 'failed';
    if (isUnderWay({ run })) return undefined;
    return stale || ranTooEarly({ day, run }, timeZone) ? 'stale' : only === 'all' ? 'again' : undefined;
  }
}

/** A run that began before the day was over has not read all of it. */
export function ranTooEarly({ day, run }: LedgerDay, timeZone: string): boolean {
  return Boolean(run?.startedAt && run.startedAt < dayBounds(day, timeZone).end);
}
