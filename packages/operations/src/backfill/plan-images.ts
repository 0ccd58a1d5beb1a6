import type { ImageDay } from '@mycelium/database';
import type { Only } from '@mycelium/farm';
import { slotForDay } from '@mycelium/queue';
import { imageRequest } from '../jobs-by-purpose.ts';
import type { Operations } from '../operations.ts';
import { isUnderWay, type LedgerDay } from './slot-reasons.ts';
import type { BackfillRequest, BackfillStep, Reason } from './steps.ts';

/**
 * Plans the days that have images without a current vector, according to the table `image`. The step is a request for
 * the images of its rooms, or the day's own run if that has not succeeded and would do nothing else.
 * @param looked whether the table is up to date; if not, a night without a successful run may have more images
 */
export function planImages(
  days: LedgerDay[],
  counted: readonly ImageDay[],
  { job, rooms: asked, only }: BackfillRequest,
  { timeZone, looked }: Pick<Operations, 'timeZone'> & { looked: boolean },
): BackfillStep[] {
  const ofDay = Map.groupBy(counted, ({ day }) => day);
  return days.flatMap((ledgerDay) => {
    const { day, run } = ledgerDay;
    if (isUnderWay(ledgerDay)) return [];
    const due = run?.status !== 'succeeded';
    const rooms = (ofDay.get(day) ?? []).map((counts) => needOf(counts, only));
    const chosen = rooms.filter(({ reason }) => reason);
    const unknown = !looked && due && only !== 'failed' && only !== 'stale';
    if (chosen.length === 0 && !unknown) return [];
    const nothingElse = looked && rooms.every(({ reason, images }) => reason || images === 0);
    const ownRun = !asked && due && (unknown || nothingElse);
    return {
      job: ownRun ? job : imageRequest,
      day,
      slot: ownRun ? slotForDay(job, day, timeZone) : null,
      rooms: unknown ? [...(asked ?? [])] : chosen.map(({ room }) => room).sort(),
      reason: pressing(chosen.map(({ reason }) => reason)),
      images: sum((unknown ? rooms : chosen).map(({ images }) => images)),
      quarantined: sum(chosen.map(({ quarantined }) => quarantined)),
    };
  });
}

/** What a run for the room would embed, and the reason `only` chooses the room; undefined if it does not. */
function needOf({ room, missing, stale, ...counts }: ImageDay, only: Only | undefined) {
  const quarantined = only === 'failed' || only === 'all' ? counts.quarantined - counts.gone : 0;
  const reasons = { missing, failed: quarantined, stale };
  const reason = order.find((each) => reasons[each] > 0 && (!only || only === 'all' || only === each));
  return { room, images: missing + quarantined + stale, quarantined, reason };
}

const order = ['missing', 'failed', 'stale'] as const satisfies Reason[];

function pressing(reasons: (Reason | undefined)[]): Reason {
  return order.find((reason) => reasons.includes(reason)) ?? 'missing';
}

function sum(counts: number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
