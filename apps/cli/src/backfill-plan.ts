import { type Day, dayBounds } from '@mycelium/farm';

export type Only = 'missing' | 'failed' | 'stale' | 'all';
export type Reason = 'missing' | 'failed' | 'stale' | 'again';

export interface DayStanding {
  day: Day;
  slot: Date;
  /** How the ledger has it; undefined when it does not. */
  run?: { status: string; startedAt: Date | null } | undefined;
  /** Readings or images of the day have come in since its run, or another model is wanted than it used. */
  late: boolean;
}

export interface PlannedDay {
  day: Day;
  slot: Date;
  reason: Reason;
}

/** The days to run, oldest first. A day whose run is under way is left to it. */
export function planBackfill(days: DayStanding[], only: Only | undefined, timeZone: string): PlannedDay[] {
  return days.flatMap(({ day, slot, run, late }) => {
    const reason = reasonOf({ day, run, late }, only, timeZone);
    const wanted = reason && (only === undefined || only === 'all' || only === reason);
    return wanted ? [{ day, slot, reason }] : [];
  });
}

function reasonOf(
  { day, run, late }: Pick<DayStanding, 'day' | 'run' | 'late'>,
  only: Only | undefined,
  timeZone: string,
): Reason | undefined {
  if (!run || ['missed', 'coalesced', 'paused'].includes(run.status)) return 'missing';
  if (run.status === 'failed') return 'failed';
  if (run.status !== 'succeeded') return undefined;
  const before = run.startedAt && run.startedAt < dayBounds(day, timeZone).end;
  if (late || before) return 'stale';
  return only === 'all' ? 'again' : undefined;
}
