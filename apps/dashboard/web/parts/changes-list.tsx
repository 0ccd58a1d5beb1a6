import type { FlappingPoint } from '../../src/rooms/flapping.ts';
import type { Change } from '../../src/rooms/setpoints.ts';
import type { Wire } from '../api.ts';
import { valueText } from '../change-text.ts';
import { dateTime, formatNumber, t } from '../words.ts';
import { Icon } from './icon.tsx';
import { Empty, ErrorState, Loading } from './states.tsx';

interface ChangesListProps {
  changes: Wire<Change>[] | undefined;
  flapping: Wire<FlappingPoint>[];
  error: Error | undefined;
}

export function ChangesList({ changes, flapping, error }: ChangesListProps) {
  return (
    <section aria-labelledby="changes">
      <div class="section-head">
        <h2 id="changes">{t('changes.title')}</h2>
        {changes && <span class="quiet small">{formatNumber(changes.length)}</span>}
      </div>
      <Flapping points={flapping} />
      {error && !changes && <ErrorState error={error} />}
      {!changes && !error && <Loading height={200} />}
      {changes && (
        <section class="card tall changes" tabIndex={0} aria-label={t('changes.title')}>
          {changes.length === 0 ? (
            <Empty icon="sliders" title={t('changes.none')} />
          ) : (
            <ul class="rows">
              {changes.map((change) => (
                <li key={`${change.device}${change.point}${change.at}`} class="row">
                  <div class="row-main">
                    <strong>
                      {change.point} <span class="quiet small">{change.device}</span>
                    </strong>
                    <span class="quiet small">{dateTime(change.at)}</span>
                  </div>
                  <span class="number nowrap">
                    {valueText(change, change.previous)} → <strong>{valueText(change, change.value)}</strong>
                  </span>
                </li>
              ))}
            </ul>
          )}
        </section>
      )}
    </section>
  );
}

function Flapping({ points }: { points: Wire<FlappingPoint>[] }) {
  if (points.length === 0) return null;
  return (
    <ul class="flapping">
      {points.map(({ name, changes, to }) => (
        <li key={name} class="notice warn">
          <Icon name="alert" />
          {t('changes.flapping', { point: name, n: changes, at: dateTime(to) })}
        </li>
      ))}
    </ul>
  );
}
