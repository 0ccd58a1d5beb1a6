import type { Change } from '../src/rooms/setpoints.ts';
import type { Wire } from './api.ts';
import { formatNumber, storedText } from './words.ts';

/** "on" for a switch, "auto" for a mode, "18.5 °C" for a setpoint. */
export function valueText({ labels, unit, kind }: Wire<Change>, value: number | null): string {
  if (value === null) return '–';
  const label = labels[String(value)];
  if (label) return label;
  const number = formatNumber(value, kind === 'analog' && value % 1 ? 1 : 0);
  return unit ? storedText({ code: `unit.${unit}`, params: { n: value } }, `${number} ${unit}`) : number;
}

export const changeText = (change: Wire<Change>) =>
  `${change.device} ${change.point}: ${valueText(change, change.previous)} → ${valueText(change, change.value)}`;
