import type { QuarantinedReadings } from '@mycelium/database';
import { send, useData, type Wire } from '../api.ts';
import { isOperator } from '../session.ts';
import { dateTime, formatNumber, fullTime, t } from '../words.ts';
import { ErrorState } from './states.tsx';
import { attempt } from './toast.tsx';

type Device = Wire<QuarantinedReadings>;

/** Devices whose clocks cannot be right, with their readings. Nothing is shown while there are none. */
export function ReadingQuarantine() {
  const { data, error, reload } = useData<{ devices: Device[] }>('/api/quarantine/readings', 60_000);
  if (error && !data) return <ErrorState error={error} onRetry={reload} />;
  if (!data || data.devices.length === 0) return null;

  const act = (what: 'release' | 'discard', { room, device, reason }: Device) =>
    attempt(async () => {
      const body = { rooms: [room], devices: [device], reason };
      const { released, discarded } = await send<{ released?: number; discarded?: number }>(
        `/api/quarantine/readings/${what}`,
        body,
      );
      reload();
      return released === undefined
        ? t('quarantine.discarded', { n: discarded ?? 0 })
        : t('quarantine.released', { n: released });
    });

  return (
    <section class="section">
      <div class="section-head">
        <div>
          <h2>{t('quarantine.readings')}</h2>
          <p class="quiet">{t('quarantine.readingsNote')}</p>
        </div>
      </div>
      <div class="card table-wrap">
        <table class="table stack">
          <thead>
            <tr>
              <th>{t('quarantine.device')}</th>
              <th>{t('quarantine.reason')}</th>
              <th class="right">{t('quarantine.count')}</th>
              <th>{t('quarantine.clock')}</th>
              <th>{t('quarantine.received')}</th>
              {isOperator() && <th class="right">{t('jobs.actions')}</th>}
            </tr>
          </thead>
          <tbody>
            {data.devices.map((device) => (
              <tr key={`${device.room} ${device.device} ${device.reason}`}>
                <td>
                  <strong>{device.device}</strong>
                  <div class="quiet small">{t('quarantine.room', { room: device.room })}</div>
                </td>
                <td data-label={t('quarantine.reason')}>{t(`quarantine.${device.reason}`)}</td>
                <td class="right" data-label={t('quarantine.count')}>
                  {formatNumber(device.count)}
                </td>
                <td data-label={t('quarantine.clock')}>
                  {fullTime(device.first)}
                  {device.first === device.last ? '' : ` – ${fullTime(device.last)}`}
                </td>
                <td class="nowrap" data-label={t('quarantine.received')}>
                  {dateTime(device.receivedAt)}
                </td>
                {isOperator() && (
                  <td class="right nowrap">
                    <button type="button" class="button small" onClick={() => void act('release', device)}>
                      {t('quarantine.release')}
                    </button>{' '}
                    <button type="button" class="button small" onClick={() => void act('discard', device)}>
                      {t('quarantine.discard')}
                    </button>
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}
