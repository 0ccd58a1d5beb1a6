import { useState } from 'preact/hooks';
import type { Alert } from '../../src/records/alerts.ts';
import { query, send, useData, type Wire } from '../api.ts';
import { live } from '../live.ts';
import { AlertRow } from '../parts/alert-row.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { Segments } from '../parts/segments.tsx';
import { Empty, ErrorState, Loading } from '../parts/states.tsx';
import { attempt } from '../parts/toast.tsx';
import { isOperator } from '../session.ts';
import { t } from '../words.ts';

export function Alerts() {
  const [which, setWhich] = useState<'open' | 'closed'>('open');
  const count = live.value?.openAlerts ?? 0;
  const { data, error, reload } = useData<{ alerts: Wire<Alert>[] }>(
    `/api/alerts${query({ open: which === 'open', limit: 200 })}#${count}`,
    30_000,
  );
  const close = (id: number) =>
    attempt(async () => {
      await send(`/api/alerts/${id}/close`);
      reload();
      return t('alerts.closedNow');
    });
  return (
    <>
      <PageHead title={t('nav.alerts')} note={t('alerts.note')}>
        <Segments
          label={t('nav.alerts')}
          value={which}
          options={[
            { value: 'open', text: t('alerts.tabOpen') },
            { value: 'closed', text: t('alerts.tabClosed') },
          ]}
          onChange={setWhich}
        />
      </PageHead>
      {error && !data && <ErrorState error={error} onRetry={reload} />}
      {!data && !error && <Loading height={300} />}
      {data && (
        <div class="card">
          {data.alerts.length === 0 ? (
            <Empty icon="check" title={t(which === 'open' ? 'alerts.none' : 'alerts.noneClosed')} />
          ) : (
            <ul class="rows">
              {data.alerts.map((alert) => (
                <AlertRow key={alert.id} alert={alert}>
                  {isOperator() && !alert.closedAt && (
                    <button type="button" class="button small" onClick={() => close(alert.id)}>
                      {t('alerts.close')}
                    </button>
                  )}
                </AlertRow>
              ))}
            </ul>
          )}
        </div>
      )}
    </>
  );
}
