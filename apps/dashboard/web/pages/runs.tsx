import type { Attempt } from '@mycelium/database';
import { isUnfinished, runStatuses } from '@mycelium/farm';
import type { Message, ReportView } from '@mycelium/words';
import { useEffect, useState } from 'preact/hooks';
import { useLocation } from 'preact-iso';
import type { RunRow } from '../../src/jobs/run-list.ts';
import { ask, query, send, useData, type Wire } from '../api.ts';
import { at } from '../base-path.ts';
import { jobTitle } from '../job-title.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Icon } from '../parts/icon.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { Report } from '../parts/report.tsx';
import { RetryButton } from '../parts/retry-button.tsx';
import { Empty, ErrorState, Loading } from '../parts/states.tsx';
import { Status } from '../parts/status.tsx';
import { attempt } from '../parts/toast.tsx';
import { isOperator } from '../session.ts';
import { dateTime, duration, fullTime, maybe, sentenceText, t } from '../words.ts';

type Run = Wire<RunRow> & { summary: Message | null };
interface Page {
  runs: Run[];
  next: string | null;
}
interface RunDetail extends Run {
  view: ReportView | null;
  history: Wire<Attempt>[];
  queued: {
    queue: string;
    id: string;
    state: string;
    attemptsMade: number;
    attempts: number;
    logs: string[];
    failures: string[];
  } | null;
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

function took({ startedAt, finishedAt }: Run): string {
  if (!startedAt || !finishedAt) return '–';
  return duration((Date.parse(finishedAt) - Date.parse(startedAt)) / 1_000);
}

function RunView({ id, onClose }: { id: number; onClose: () => void }) {
  const { data: run, error, reload } = useData<RunDetail>(`/api/runs/${id}`, 5_000);
  const retry = () =>
    attempt(async () => {
      await send(`/api/runs/${id}/retry`);
      reload();
      return t('runs.retried');
    });
  const underWay = run && isUnfinished(run.status);
  return (
    <Dialog title={run ? jobTitle(run.job, run.job) : t('runs.one')} kind="drawer" onClose={onClose}>
      {error && <ErrorState error={error} />}
      {!run && !error && <Loading height={400} />}
      {run && (
        <>
          <div class="button-row">
            <Status status={run.status} />
            {isOperator() && !underWay && <RetryButton onRetry={retry} />}
            {run.queued && (
              <a
                class="button small"
                target="_self"
                href={at(
                  `/queues/queue/${encodeURIComponent(run.queued.queue)}/${encodeURIComponent(run.queued.id)}`,
                )}
              >
                <Icon name="external" />
                {t('runs.inBoard')}
              </a>
            )}
          </div>
          {run.error && (
            <div class="notice bad">
              <Icon name="failed" />
              <span class="wrap">{run.error}</span>
            </div>
          )}
          <dl class="facts">
            <dt>{t('runs.slot')}</dt>
            <dd>{fullTime(run.slot)}</dd>
            <dt>{t('runs.cause')}</dt>
            <dd>{maybe(`cause.${run.cause}`, run.cause)}</dd>
            <dt>{t('runs.started')}</dt>
            <dd>{run.startedAt ? fullTime(run.startedAt) : '–'}</dd>
            <dt>{t('runs.finished')}</dt>
            <dd>{run.finishedAt ? fullTime(run.finishedAt) : '–'}</dd>
            <dt>{t('runs.late')}</dt>
            <dd>{run.lateness === null ? '–' : duration(Math.max(0, run.lateness))}</dd>
            <dt>{t('runs.took')}</dt>
            <dd>{took(run)}</dd>
            <dt>{t('runs.attempts')}</dt>
            <dd>{run.queued ? `${run.attempts} / ${run.queued.attempts}` : run.attempts}</dd>
            <dt>{t('runs.worker')}</dt>
            <dd class="mono">{run.worker ?? '–'}</dd>
          </dl>
          {run.view && (
            <section>
              <h3>{t('runs.report')}</h3>
              <Report view={run.view} />
            </section>
          )}
          {run.history.length > 0 && <History attempts={run.history} />}
          {run.queued && run.queued.logs.length > 0 && (
            <section>
              <h3>{t('runs.logs')}</h3>
              <pre class="code" tabIndex={0}>
                {run.queued.logs.join('\n')}
              </pre>
            </section>
          )}
          {run.queued && run.queued.failures.length > 0 && (
            <section>
              <h3>{t('runs.failures')}</h3>
              <pre class="code" tabIndex={0}>
                {run.queued.failures.join('\n\n')}
              </pre>
            </section>
          )}
        </>
      )}
    </Dialog>
  );
}

/** Every attempt, newest first: a retry does not hide the failure before it. */
function History({ attempts }: { attempts: Wire<Attempt>[] }) {
  return (
    <section>
      <h3>{t('runs.history')}</h3>
      <ol class="card rows" reversed>
        {attempts.toReversed().map((one) => (
          <li key={one.attempt} class="row">
            <div class="row-main">
              <strong>{t('runs.attempt', { n: one.attempt })}</strong>
              <span class="quiet small">
                {fullTime(one.startedAt)}
                {one.endedAt && ` – ${fullTime(one.endedAt)}`}
              </span>
              <span class="quiet small">
                {[maybe(`cause.${one.cause}`, one.cause), askedBy(one.by), one.worker]
                  .filter(Boolean)
                  .join(' · ')}
              </span>
              {one.error && <span class="small wrap">{one.error}</span>}
            </div>
            <Status status={one.outcome ?? 'running'} />
          </li>
        ))}
      </ol>
    </section>
  );
}

/** `operator NAME` or `cli USER@HOST`. For a schedule, the cause already shows it. */
function askedBy(by: string | null): string | undefined {
  const [, door, name = ''] = /^(operator|cli) (.+)$/.exec(by ?? '') ?? [];
  if (door) return t(door === 'cli' ? 'by.cli' : 'by.operator', { name });
  return by === 'schedule' ? undefined : (by ?? undefined);
}
