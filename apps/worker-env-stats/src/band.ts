import type { BandRule } from '@mycelium/database';

/** From an instant of the day on, until the next piece; no bounds: there is no band. */
export interface BandPiece {
  from: number;
  band?: { low: number; high: number };
}

/**
 * The band of a metric in a room on a day of growth, in pieces where it was changed during the day. A room's own
 * band goes before the one for all rooms; of two that cover the day, the one that begins later.
 */
export function bandPieces(
  rules: BandRule[],
  room: string,
  metric: string,
  growthDay: number | undefined,
  { start, end }: { start: Date; end: Date },
): BandPiece[] {
  const applicable = rules.filter(
    (rule) => rule.metric === metric && (rule.room === room || rule.room === '*'),
  );
  const changes = applicable
    .map(({ validFrom }) => validFrom)
    .filter((from) => from > start.getTime() && from < end.getTime());
  return [...new Set([start.getTime(), ...changes])]
    .sort((a, b) => a - b)
    .map((from) => {
      const band = growthDay === undefined ? undefined : bandAt(applicable, growthDay, from);
      return band ? { from, band: { low: band.low, high: band.high } } : { from };
    });
}

function bandAt(rules: BandRule[], growthDay: number, instant: number): BandRule | undefined {
  // Of each band's versions, the last one that had begun.
  const current = new Map<string, BandRule>();
  for (const rule of rules) {
    if (rule.validFrom > instant) continue;
    const key = `${rule.room} ${rule.fromDay}`;
    const known = current.get(key);
    if (!known || rule.validFrom > known.validFrom) current.set(key, rule);
  }
  return [...current.values()]
    .filter(({ fromDay, toDay }) => fromDay <= growthDay && growthDay <= toDay)
    .sort((a, b) => Number(a.room === '*') - Number(b.room === '*') || b.fromDay - a.fromDay)[0];
}
