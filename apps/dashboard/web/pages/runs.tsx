import { runStatuses } from '@mycelium/farm';
import { useEffect, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import { ask, query, useData } from '../api.ts';
import { at } from '../base-path.ts';
import { jobTitle } from '../job-title.ts';
import { PageHead } from '../parts/page-head.tsx';
import { type Run, RunView, took } from '../parts/run-view.tsx';
import { Empty, ErrorState, Loading } from '../parts/states.tsx';
import { Status } from '../parts/status.tsx';
import { attempt } from '../parts/toast.tsx';
import { dateTime, duration, maybe, sentenceText, t } from '../words.ts';

interface Page {
  runs: Run[];
  next: string | null;
}

export function Runs() {
  const { query: asked, route } = useLocation();
  const filter = { job: asked.job, status: asked.status };
  const { data: timetable } = useData<{ jobs: { id: string; title: string }[] }>('/api/jobs');
  const first = useData<Page>(`/api/runs${query({ ...filter, limit: 50 })}`, 15_000);
  const [older, setOlder] = useState<Page>();
  const [open, setOpen] = useState<number | undefined>(Number(asked.open) || undefined);
  useEffect(() => setOlder(undefined), [filter.job, filter.status]);

  const runs = merge(first.data?.runs ?? [], older?.runs ?? []);
  const next = older ? older.next : first.data?.next;
  const more = () =>
    attempt(async () => {
      const page = await ask<Page>(`/api/runs${query({ ...filter, after: next ?? undefined, limit: 50 })}`);
      // Keep the runs shown already: newer ones push some of them off the first page.
      setOlder({ runs: [...runs, ...page.runs], next: page.next });
      return undefined;
    });
  const change = (changes: { job?: string; status?: string }) =>
    route(at(`/runs${query({ ...filter, ...changes })}`), true);

  return (
    <>
      <PageHead title={t('nav.runs')} note={t('runs.note')}>
        <label class="field">
          <span class="visually-hidden">{t('jobs.job')}</span>
          <select
            class="select"
            value={filter.job ?? ''}
            onChange={(event) => change({ job: event.currentTarget.value })}
          >
            <option value="">{t('runs.everyJob')}</option>
            {timetable?.jobs.map(({ id, title }) => (
              <option key={id} value={id}>
                {jobTitle(id, title)}
              </option>
            ))}
          </select>
        </label>
        <label class="field">
          <span class="visually-hidden">{t('runs.status')}</span>
          <select
            class="select"
            value={filter.status ?? ''}
            onChange={(event) => change({ status: event.currentTarget.value })}
          >
            <option value="">{t('runs.everyStatus')}</option>
            {runStatuses.map((status) => (
              <option key={status} value={status}>
                {maybe(`status.${status}`, status)}
              </option>
            ))}
          </select>
        </label>
      </PageHead>
      {first.error && !first.data && <ErrorState error={first.error} onRetry={first.reload} />}
      {!first.data && !first.error && <Loading height={480} />}
      {first.data && (
        <div class="card table-wrap">
          {runs.length === 0 ? (
            <Empty icon="list" title={t('runs.none')} />
          ) : (
            <table class="table stack">
              <thead>
                <tr>
                  <th>{t('runs.slot')}</th>
                  <th>{t('jobs.job')}</th>
                  <th>{t('runs.status')}</th>
                  <th>{t('runs.cause')}</th>
                  <th class="right">{t('runs.late')}</th>
                  <th class="right">{t('runs.took')}</th>
                  <th class="right">{t('runs.attempts')}</th>
                  <th>{t('runs.result')}</th>
                </tr>
              </thead>
              <tbody>
                {runs.map((run) => (
                  <tr key={run.id} class="clickable" onClick={() => setOpen(run.id)}>
                    <td class="nowrap">
                      <button type="button" class="link" onClick={() => setOpen(run.id)}>
                        {dateTime(run.slot)}
                      </button>
                    </td>
                    <td class="job-name" data-label={t('jobs.job')}>
                      {jobTitle(run.job, run.job)}
                    </td>
                    <td data-label={t('runs.status')}>
                      <Status status={run.status} />
                    </td>
                    <td class="nowrap" data-label={t('runs.cause')}>
                      {maybe(`cause.${run.cause}`, run.cause)}
                    </td>
                    <td class="right nowrap" data-label={t('runs.late')}>
                      {run.lateness === null ? '–' : duration(Math.max(0, run.lateness))}
                    </td>
                    <td class="right nowrap" data-label={t('runs.took')}>
                      {took(run)}
                    </td>
                    <td class="right" data-label={t('runs.attempts')}>
                      {run.attempts}
                    </td>
                    <td class="clip" data-label={t('runs.result')}>
                      {run.error ?? (run.summary && sentenceText(run.summary))}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </div>
      )}
      {next && (
        <div class="more">
          <button type="button" class="button" onClick={more}>
            {t('more')}
          </button>
        </div>
      )}
      {open !== undefined && (
        <RunView
          id={open}
          onClose={() => {
            setOpen(undefined);
            if (asked.open) route(at(`/runs${query(filter)}`), true);
            first.reload();
          }}
        />
      )}
    </>
  );
}

/** Merges the reloaded first page with the older runs. */
function merge(newest: Run[], older: Run[]): Run[] {
  const seen = new Set(newest.map(({ id }) => id));
  return [...newest, ...older.filter(({ id }) => !seen.has(id))];
}
