import type { Metric } from './metric.ts';

/** The range a metric should stay in, for one room or all ('*'), on some growth days, from an instant on. */
export interface BandRule {
  room: string;
  metric: string;
  fromDay: number;
  toDay: number;
  low: number;
  high: number;
  /** Milliseconds since 1970; -Infinity means always. */
  validFrom: number;
}

export interface Band {
  low: number;
  high: number;
}

/** Applies from an instant (milliseconds since 1970) until the next piece. Without `band`, there is no band. */
export interface BandPiece {
  from: number;
  band?: Band;
}

export interface Place {
  room: string;
  metric: Metric;
  /** Undefined means unknown, so no band applies. */
  growthDay: number | undefined;
}

/**
 * The band of a metric in a room at an instant. A room's own band takes precedence over the band for all rooms. If two
 * bands cover the day, the one with the later first day applies. Of a band's versions, the latest in effect applies.
 */
export function bandAt(rules: BandRule[], { room, metric, growthDay }: Place, at: Date): Band | undefined {
  if (growthDay === undefined) return;
  return holds(rulesOf(rules, room, metric), growthDay, at.getTime());
}

/** The band over a span of one growth day, divided where it changed. The first piece begins with the span. */
export function bandPieces(
  rules: BandRule[],
  { room, metric, growthDay }: Place,
  { start, end }: { start: Date; end: Date },
): BandPiece[] {
  const own = rulesOf(rules, room, metric);
  const changes = own
    .map(({ validFrom }) => validFrom)
    .filter((from) => from > start.getTime() && from < end.getTime());
  return [...new Set([start.getTime(), ...changes])]
    .sort((a, b) => a - b)
    .map((from) => {
      const band = growthDay === undefined ? undefined : holds(own, growthDay, from);
      return band ? { from, band } : { from };
    });
}

function rulesOf(rules: BandRule[], room: string, metric: Metric): BandRule[] {
  return rules.filter((rule) => rule.metric === metric && (rule.room === room || rule.room === '*'));
}

function holds(rules: BandRule[], growthDay: number, instant: number): Band | undefined {
  const versions = new Map<string, BandRule>();
  for (const rule of rules) {
    if (rule.validFrom > instant) continue;
    const key = `${rule.room} ${rule.fromDay}`;
    const known = versions.get(key);
    if (!known || rule.validFrom > known.validFrom) versions.set(key, rule);
  }
  const [first] = [...versions.values()]
    .filter(({ fromDay, toDay }) => fromDay <= growthDay && growthDay <= toDay)
    .sort((a, b) => Number(a.room === '*') - Number(b.room === '*') || b.fromDay - a.fromDay);
  return first && { low: first.low, high: first.high };
}
