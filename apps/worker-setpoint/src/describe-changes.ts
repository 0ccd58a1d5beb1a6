import type { FoundChanges } from '@mycelium/database';
import type { Result } from '@mycelium/queue';
import { sayStored } from '@mycelium/words';

type PointReport = Result<'hourly_setpoint_monitoring'>['rooms'][number]['points'][number];

/**
 * A point that returns to its previous value within minutes more often than this in one window is not set by a person.
 */
const mostReturns = 4;

export function countChanges(found: FoundChanges[]): number {
  return found.reduce((sum, { changes }) => sum + changes, 0);
}

/** `fresh_air_fan_611.mode`: manual → auto. */
export function describeChanges(found: FoundChanges): PointReport {
  const { device, point, changes, previous, value, returns } = found;
  return {
    name: `${device}.${point}`,
    changes,
    previous: describeValue(previous, found),
    value: describeValue(value, found),
    flapping: returns > mostReturns,
  };
}

function describeValue(value: number, { labels, unit }: FoundChanges): string {
  return labels[value] ?? (unit ? withUnit(value, unit) : String(value));
}

/** Most units are symbols. Those that are words have a text with their plural. */
function withUnit(value: number, unit: string): string {
  return sayStored({ code: `unit.${unit}`, params: { n: value } }, `${value} ${unit}`, 'en');
}
