import type { QuarantineRow } from '@mycelium/database';
import { useState } from 'preact/hooks';
import { send, useData, type Wire } from '../api.ts';
import { Icon } from '../parts/icon.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { ReadingQuarantine } from '../parts/reading-quarantine.tsx';
import { RetryButton } from '../parts/retry-button.tsx';
import { Empty, ErrorState, Loading } from '../parts/states.tsx';
import { attempt } from '../parts/toast.tsx';
import { isOperator } from '../session.ts';
import { dateTime, formatNumber, maybe, t } from '../words.ts';

export function Quarantine() {
  const { data, error, reload } = useData<{ images: Wire<QuarantineRow>[] }>(
    '/api/quarantine?limit=500',
    60_000,
  );
  const [reason, setReason] = useState('');
  const reasons = [...new Set(data?.images.map((image) => image.reason))].sort();
  const shown = data?.images.filter((image) => !reason || image.reason === reason) ?? [];

  const retry = (keys: string[]) =>
    attempt(async () => {
      let queued = 0;
      for (let n = 0; n < keys.length; n += 100) {
        const body = { keys: keys.slice(n, n + 100) };
        queued += (await send<{ queued: number }>('/api/quarantine/retry', body)).queued;
      }
      reload();
      const others = keys.length - queued;
      const text = t('quarantine.retried', { n: queued });
      return others > 0 ? `${text} ${t('quarantine.notQueued', { n: others })}` : text;
    });

  return (
    <>
      <PageHead title={t('nav.quarantine')} note={t('quarantine.note')}>
        {reasons.length > 1 && (
          <label class="field">
            <span class="visually-hidden">{t('quarantine.reason')}</span>
            <select class="select" value={reason} onChange={(event) => setReason(event.currentTarget.value)}>
              <option value="">{t('quarantine.everyReason')}</option>
              {reasons.map((name) => (
                <option key={name} value={name}>
                  {maybe(`reason.${name}`, name)}
                </option>
              ))}
            </select>
          </label>
        )}
        {isOperator() && shown.length > 0 && (
          <button type="button" class="button" onClick={() => retry(shown.map(({ key }) => key))}>
            <Icon name="retry" />
            {t('quarantine.retryAll', { n: shown.length })}
          </button>
        )}
      </PageHead>
      {error && !data && <ErrorState error={error} onRetry={reload} />}
      {!data && !error && <Loading height={300} />}
      {data && (
        <div class="card table-wrap">
          {shown.length === 0 ? (
            <Empty icon="check" title={t('quarantine.none')} />
          ) : (
            <table class="table stack">
              <thead>
                <tr>
                  <th>{t('image.key')}</th>
                  <th>{t('quarantine.reason')}</th>
                  <th class="right">{t('quarantine.bytes')}</th>
                  <th class="right">{t('quarantine.times')}</th>
                  <th>{t('quarantine.last')}</th>
                  {isOperator() && <th class="right">{t('jobs.actions')}</th>}
                </tr>
              </thead>
              <tbody>
                {shown.map((image) => (
                  <tr key={image.key}>
                    <td class="mono">{image.key}</td>
                    <td data-label={t('quarantine.reason')}>
                      <div>
                        <strong>{maybe(`reason.${image.reason}`, image.reason)}</strong>
                        <div class="quiet small">{image.detail}</div>
                      </div>
                    </td>
                    <td class="right nowrap" data-label={t('quarantine.bytes')}>
                      {image.bytes === null ? '–' : formatNumber(image.bytes)}
                    </td>
                    <td class="right" data-label={t('quarantine.times')}>
                      {image.times}
                    </td>
                    <td class="nowrap" data-label={t('quarantine.last')}>
                      {dateTime(image.lastSeen)}
                    </td>
                    {isOperator() && (
                      <td class="right">
                        <RetryButton onRetry={() => retry([image.key])} />
                      </td>
                    )}
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </div>
      )}
      <ReadingQuarantine />
    </>
  );
}
