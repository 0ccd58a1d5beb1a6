import type { CoverageCell, CoverageRow } from '../src/coverage/coverage.ts';
import { percent, shortDay, t } from './words.ts';

export type What = 'images' | 'readings';

/** Rooms and days, both ends included. */
export interface Chosen {
  rooms: string[];
  from: string;
  to: string;
}

/** Images of a day that is not due: in the store, but not expected to have a vector yet. */
const notDue = ({ images, embedded, quarantined, stale, missing }: CoverageCell) =>
  images - embedded - quarantined - stale - missing;

/** 0–1, or undefined if nothing is expected. */
export function shareOf(cell: CoverageCell, what: What): number | undefined {
  if (what === 'readings') return cell.readings ?? undefined;
  return cell.expected === 0 ? undefined : (cell.embedded + cell.quarantined) / cell.expected;
}

export function cellLabel(room: string, cell: CoverageCell, what: What): string {
  return `${room}, ${shortDay(cell.day, true)}: ${(what === 'readings' ? readingTexts : imageTexts)(cell).join(', ')}`;
}

const readingTexts = ({ readings, readingsStale }: CoverageCell) => [
  readings === null ? t('coverage.noStats') : percent(readings),
  ...(readingsStale ? [t('legend.stale')] : []),
];

function imageTexts(cell: CoverageCell): string[] {
  if (cell.expected === 0 && cell.images === 0) return [t('coverage.nothing')];
  const { expected, embedded } = cell;
  const counts = { ...cell, notDue: notDue(cell) };
  return [
    ...(expected > 0 ? [t('coverage.embedded', { n: embedded, of: expected })] : []),
    ...(['described', 'missing', 'absent', 'quarantined', 'stale', 'notDue'] as const)
      .filter((name) => counts[name] > 0)
      .map((name) => t(`coverage.${name}`, { n: counts[name] })),
  ];
}

/** In the order in which they are shown. */
export const countNames = [
  'expected',
  'images',
  'absent',
  'embedded',
  'missing',
  'stale',
  'described',
  'quarantined',
  'notDue',
] as const;

/** The sums over the chosen cells. */
export function sumCounts(rows: CoverageRow[], { rooms, from, to }: Chosen) {
  const total = Object.fromEntries(countNames.map((name) => [name, 0])) as Record<
    (typeof countNames)[number],
    number
  >;
  const cells = rows.filter(({ room }) => rooms.includes(room)).flatMap((row) => row.cells);
  for (const cell of cells.filter(({ day }) => from <= day && day <= to)) {
    const counts = { ...cell, notDue: notDue(cell) };
    for (const name of countNames) total[name] += counts[name];
  }
  return total;
}
