import type { ImageDay } from '@mycelium/database';
import { slotForDay } from '@mycelium/queue';
import { imageRequest } from '../jobs-by-purpose.ts';
import type { Operations } from '../operations.ts';
import { isUnderWay, type LedgerDay } from './slot-reasons.ts';
import type { BackfillRequest, BackfillStep, Only, Reason } from './steps.ts';

/**
 * Plans the days that have images without a current vector, according to the table `image`. If the day's own run has
 * not succeeded and no rooms were chosen, the step is that run; otherwise it is a request for the rooms' images.
 */
export function planImages(
  days: LedgerDay[],
  counted: readonly ImageDay[],
  { job, rooms: asked, only }: BackfillRequest,
  { timeZone }: Pick<Operations, 'timeZone'>,
): BackfillStep[] {
  const ofDay = Map.groupBy(counted, ({ day }) => day);
  return days.flatMap((ledgerDay) => {
    const { day, run } = ledgerDay;
    if (isUnderWay(ledgerDay)) return [];
    const needs = (ofDay.get(day) ?? [])
      .filter(({ room }) => asked?.includes(room) ?? true)
      .map((counts) => ({ room: counts.room, ...needOf(counts, only) }))
      .filter(({ images }) => images > 0);
    if (needs.length === 0) return [];
    const ownRun = !asked && run?.status !== 'succeeded';
    return {
      job: ownRun ? job : imageRequest,
      day,
      slot: ownRun ? slotForDay(job, day, timeZone) : null,
      rooms: needs.map(({ room }) => room).sort(),
      reason: pressing(needs.map(({ reason }) => reason)),
      images: sum(needs.map(({ images }) => images)),
      quarantined: sum(needs.map(({ quarantined }) => quarantined)),
    };
  });
}

function needOf({ missing, quarantined, stale }: ImageDay, only: Only | undefined) {
  const counts = {
    missing: only === 'failed' || only === 'stale' ? 0 : missing,
    failed: only === 'failed' || only === 'all' ? quarantined : 0,
    stale: only === 'missing' || only === 'failed' ? 0 : stale,
  };
  return {
    images: counts.missing + counts.failed + counts.stale,
    quarantined: counts.failed,
    reason: (counts.missing > 0 ? 'missing' : counts.failed > 0 ? 'failed' : 'stale') as Reason,
  };
}

function pressing(reasons: Reason[]): Reason {
  return (['missing', 'failed', 'stale'] as const).find((reason) => reasons.includes(reason)) ?? 'stale';
}

function sum(counts: number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
