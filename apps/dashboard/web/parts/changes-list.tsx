import type { Change } from '../../src/rooms/setpoints.ts';
import { query, useData, type Wire } from '../api.ts';
import { valueText } from '../change-text.ts';
import { dateTime, formatNumber, t } from '../words.ts';
import { Icon } from './icon.tsx';
import type { SetpointReport } from './setpoint-report.tsx';
import { Empty, ErrorState, Loading } from './states.tsx';

interface ChangesListProps {
  room: string;
  changes: Wire<Change>[] | undefined;
  error: Error | undefined;
}

export function ChangesList({ room, changes, error }: ChangesListProps) {
  return (
    <section aria-labelledby="changes">
      <div class="section-head">
        <h2 id="changes">{t('changes.title')}</h2>
        {changes && <span class="quiet small">{formatNumber(changes.length)}</span>}
      </div>
      <Flapping room={room} />
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

/** What the newest run of setpoint monitoring found to switch to and fro in the room. */
function Flapping({ room }: { room: string }) {
  const { data } = useData<{ runs: { report: SetpointReport }[] }>(
    `/api/runs${query({ job: 'hourly_setpoint_monitoring', status: 'succeeded', limit: 1 })}`,
    5 * 60_000,
  );
  const report = data?.runs[0]?.report;
  const points = report?.rooms.find((one) => one.room === room)?.points.filter(({ flapping }) => flapping);
  if (!report || !points?.length) return null;
  return (
    <ul class="flapping">
      {points.map(({ name, changes }) => (
        <li key={name} class="notice warn">
          <Icon name="alert" />
          {t('changes.flapping', { point: name, n: changes, at: dateTime(report.to) })}
        </li>
      ))}
    </ul>
  );
}
