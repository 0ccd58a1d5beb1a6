import { metrics } from '@mycelium/farm';
import type { RoomNow, Trouble } from './room-now.ts';

/** Readings arrive about once a minute: a sensor without one for this long is silent. */
export const longSilence = 10 * 60_000;
/** Images arrive about once an hour. */
const oldImage = 3 * 3_600_000;

export function troublesOf(room: Omit<RoomNow, 'troubles'>, now: Date): Trouble[] {
  const troubles: Trouble[] = [];
  const age = (instant: Date) => now.getTime() - instant.getTime();

  if (metrics.every((metric) => room.metrics[metric] === null)) troubles.push({ what: 'no-readings' });
  const known = metrics.map((metric) => room.metrics[metric]).filter((reading) => reading !== null);
  const newest = new Date(Math.max(...known.map(({ at }) => at.getTime())));
  const allOld = known.length > 0 && age(newest) > longSilence;
  // One silent sensor is reported on its own; when all are silent, the room is.
  if (allOld) troubles.push({ what: 'old-readings', since: newest });
  for (const metric of metrics) {
    const reading = room.metrics[metric];
    if (!reading || allOld) continue;
    const { value, at, band } = reading;
    // An old value does not describe the present, so only its age is reported.
    if (age(at) > longSilence) troubles.push({ what: 'old-metric', metric, since: at });
    else if (band && value < band.low) troubles.push({ what: 'below-band', metric, value, limit: band.low });
    else if (band && value > band.high)
      troubles.push({ what: 'above-band', metric, value, limit: band.high });
  }
  if (!room.image) troubles.push({ what: 'no-images' });
  else if (age(room.image.capturedAt) > oldImage) {
    troubles.push({ what: 'old-image', since: room.image.capturedAt });
  }
  const { day, images, embedded } = room.lastNight;
  if (embedded < images) troubles.push({ what: 'not-embedded', count: images - embedded, day });
  return troubles;
}
