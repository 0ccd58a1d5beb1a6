import { useEffect, useState } from 'preact/hooks';
import type { AuditRow } from '../../src/records/audit-log.ts';
import { ask, query, useData, type Wire } from '../api.ts';
import { PageHead } from '../parts/page-head.tsx';
import { Empty, ErrorState, Loading } from '../parts/states.tsx';
import { attempt } from '../parts/toast.tsx';
import { fullTime, maybe, t } from '../words.ts';

interface Page {
  actions: Wire<AuditRow>[];
}
const pageSize = 100;

export function Audit() {
  const [actor, setActor] = useState('');
  const first = useData<Page>(`/api/audit${query({ actor, limit: pageSize })}`, 30_000);
  const [older, setOlder] = useState<Wire<AuditRow>[]>([]);
  useEffect(() => setOlder([]), [actor]);

  const newest = first.data?.actions ?? [];
  const actions = [...newest, ...older.filter(({ id }) => id < (newest.at(-1)?.id ?? 0))];
  const [ended, setEnded] = useState(false);
  const more = () =>
    attempt(async () => {
      const page = await ask<Page>(
        `/api/audit${query({ actor, before: actions.at(-1)?.id, limit: pageSize })}`,
      );
      // Keep the actions shown already: newer ones push some of them off the first page.
      setOlder([...actions, ...page.actions]);
      setEnded(page.actions.length < pageSize);
      return undefined;
    });

  return (
    <>
      <PageHead title={t('nav.audit')} note={t('audit.note')}>
        <label class="field">
          <span class="visually-hidden">{t('audit.actor')}</span>
          <input
            class="input"
            placeholder={t('audit.everybody')}
            value={actor}
            onChange={(event) => {
              setActor(event.currentTarget.value.trim());
              setEnded(false);
            }}
          />
        </label>
      </PageHead>
      {first.error && !first.data && <ErrorState error={first.error} onRetry={first.reload} />}
      {!first.data && !first.error && <Loading height={400} />}
      {first.data && (
        <div class="card table-wrap">
          {actions.length === 0 ? (
            <Empty icon="audit" title={t('audit.none')} />
          ) : (
            <table class="table stack">
              <thead>
                <tr>
                  <th>{t('audit.at')}</th>
                  <th>{t('audit.actor')}</th>
                  <th>{t('audit.action')}</th>
                  <th>{t('audit.subject')}</th>
                  <th>{t('audit.detail')}</th>
                </tr>
              </thead>
              <tbody>
                {actions.map((action) => (
                  <tr key={action.id}>
                    <td class="nowrap">{fullTime(action.at)}</td>
                    <td data-label={t('audit.actor')}>{action.actor}</td>
                    <td class="nowrap" data-label={t('audit.action')}>
                      {maybe(`action.${action.action}`, action.action)}
                    </td>
                    <td class="wrap" data-label={t('audit.subject')}>
                      {action.subject}
                    </td>
                    <td class="mono small wrap" data-label={t('audit.detail')}>
                      {action.detail === null ? '' : JSON.stringify(action.detail)}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </div>
      )}
      {newest.length === pageSize && !ended && (
        <div class="more">
          <button type="button" class="button" onClick={more}>
            {t('more')}
          </button>
        </div>
      )}
    </>
  );
}
