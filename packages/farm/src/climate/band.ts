import type { Metric } from './metric.ts';

/** The range a metric should stay in, in one room or in all ('*'), on some days of growth, from an instant on. */
export interface BandRule {
  room: string;
  metric: string;
  fromDay: number;
  toDay: number;
  low: number;
  high: number;
  /** Milliseconds since 1970; -Infinity: always. */
  validFrom: number;
}

export interface Band {
  low: number;
  high: number;
}

/** Holds from an instant (milliseconds since 1970) until the next piece; without `band`, none holds. */
export interface BandPiece {
  from: number;
  band?: Band;
}

export interface Place {
  room: string;
  metric: Metric;
  /** Undefined: unknown, so that no band holds. */
  growthDay: number | undefined;
}

/**
 * The band of a metric in a room at an instant. A room's own band comes before the one for all rooms; of two that cover
 * the day, the one that starts on the later day; of a band's versions, the last that has begun.
 */
export function bandAt(rules: BandRule[], { room, metric, growthDay }: Place, at: Date): Band | undefined {
  if (growthDay === undefined) return;
  return holds(rulesOf(rules, room, metric), growthDay, at.getTime());
}

/** The band over a span of one growth day, in pieces where it was changed; the first begins with the span. */
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
