import type { Result } from '@mycelium/queue';
import { formatNumber, t } from '../words.ts';

export type SetpointReport = Result<'hourly_setpoint_monitoring'>;

/** What a run found, a line a point: one that switches to and fro is summarised and said to flap. */
export function SetpointPoints({ report }: { report: SetpointReport }) {
  const points = report.rooms.flatMap(({ room, points }) => points.map((point) => ({ room, ...point })));
  if (points.length === 0) return <p class="quiet">{t('runs.noPoints')}</p>;
  return (
    <section class="card table-wrap" tabIndex={0} aria-label={t('runs.points')}>
      <table class="table compact">
        <thead>
          <tr>
            <th>{t('filter.room')}</th>
            <th>{t('runs.point')}</th>
            <th class="right">{t('runs.changes')}</th>
            <th>{t('runs.fromTo')}</th>
          </tr>
        </thead>
        <tbody>
          {points.map(({ room, name, changes, previous, value, flapping }) => (
            <tr key={name}>
              <td>{room}</td>
              <td class="mono">{name}</td>
              <td class="right nowrap">
                {flapping && <span class="badge warn">{t('runs.flapping')}</span>} {formatNumber(changes)}
              </td>
              <td class="nowrap">
                {previous} → <strong>{value}</strong>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
