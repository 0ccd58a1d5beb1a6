import type { What } from '../coverage-cells.ts';
import { t } from '../words.ts';

const levels = [
  ['4', 'legend.all'],
  ['3', 'legend.most'],
  ['2', 'legend.half'],
  ['1', 'legend.some'],
  ['0', 'legend.zero'],
  ['none', 'legend.none'],
] as const;

const marks = {
  images: [
    ['bad', 'count.quarantined'],
    ['info', 'legend.stale'],
    ['warn', 'legend.absent'],
  ],
  readings: [['info', 'legend.stale']],
} as const;

export function Legend({ what }: { what: What }) {
  return (
    <ul class="legend small">
      {levels.map(([name, text]) => (
        <li key={name}>
          <i class={`cell level-${name}`} /> {t(text)}
        </li>
      ))}
      {marks[what].map(([name, text]) => (
        <li key={name}>
          <i class="cell level-4">
            <b class={`corner ${name}`} />
          </i>
          {t(text)}
        </li>
      ))}
      {what === 'images' && (
        <li>
          <i class="cell level-3">5</i> {t('legend.missing')}
        </li>
      )}
    </ul>
  );
}
