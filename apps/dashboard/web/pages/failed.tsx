import { useEffect, useState } from 'preact/hooks';
import { send, useData } from '../api.ts';
import { at } from '../base-path.ts';
import { jobTitle } from '../job-title.ts';
import { Icon } from '../parts/icon.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { QueuesLink } from '../parts/queues-link.tsx';
import { RetryButton } from '../parts/retry-button.tsx';
import { Empty, ErrorState, Loading } from '../parts/states.tsx';
import { attempt } from '../parts/toast.tsx';
import { isOperator } from '../session.ts';
import { dateTime, t } from '../words.ts';

interface FailedJob {
  id: string;
  job: string;
  queue: string;
  failedAt: string | null;
  attempts: number;
  reason: string;
}

export function Failed() {
  const { data, error, reload } = useData<{ jobs: FailedJob[]; total: number }>(
    '/api/failed?limit=200',
    15_000,
  );
  const retry = (body: object) =>
    attempt(async () => {
      const { jobs } = await send<{ jobs: number }>('/api/failed/retry', body);
      reload();
      return t('failed.retried', { n: jobs });
    });
  const queues = [...new Set(data?.jobs.map(({ queue }) => queue))];

  return (
    <>
      <PageHead title={t('nav.failed')} note={t('failed.note')}>
        <QueuesLink />
      </PageHead>
      {error && !data && <ErrorState error={error} onRetry={reload} />}
      {!data && !error && <Loading height={360} />}
      {data && data.jobs.length > 0 && isOperator() && <RetryMany queues={queues} onRetry={retry} />}
      {data && (
        <div class="card table-wrap">
          {data.jobs.length === 0 ? (
            <Empty icon="check" title={t('failed.none')} />
          ) : (
            <table class="table stack">
              <thead>
                <tr>
                  <th>{t('failed.when')}</th>
                  <th>{t('jobs.job')}</th>
                  <th>{t('jobs.queue')}</th>
                  <th class="right">{t('runs.attempts')}</th>
                  <th>{t('failed.reason')}</th>
                  {isOperator() && <th class="right">{t('jobs.actions')}</th>}
                </tr>
              </thead>
              <tbody>
                {data.jobs.map((job) => (
                  <tr key={`${job.queue}${job.id}`}>
                    <td class="nowrap">{job.failedAt ? dateTime(job.failedAt) : '–'}</td>
                    <td class="job-name" data-label={t('jobs.job')}>
                      {jobTitle(job.job, job.job)}
                    </td>
                    <td class="nowrap" data-label={t('jobs.queue')}>
                      <a
                        href={at(
                          `/queues/queue/${encodeURIComponent(job.queue)}/${encodeURIComponent(job.id)}`,
                        )}
                        target="_self"
                      >
                        {job.queue}
                      </a>
                    </td>
                    <td class="right" data-label={t('runs.attempts')}>
                      {job.attempts}
                    </td>
                    <td class="clip" data-label={t('failed.reason')} title={job.reason}>
                      {job.reason}
                    </td>
                    {isOperator() && (
                      <td class="right">
                        <RetryButton onRetry={() => retry({ queue: job.queue, ids: [job.id] })} />
                      </td>
                    )}
                  </tr>
                ))}
              </tbody>
            </table>
          )}
        </div>
      )}
      {data && data.total > data.jobs.length && (
        <p class="quiet small more">{t('failed.shown', { n: data.jobs.length, of: data.total })}</p>
      )}
    </>
  );
}

/** Selects all jobs with some words in the reason. The button shows how many before it is pressed. */
function RetryMany({ queues, onRetry }: { queues: string[]; onRetry: (body: object) => Promise<boolean> }) {
  const [queue, setQueue] = useState(queues[0] ?? '');
  const [reason, setReason] = useState('');
  const [count, setCount] = useState<number>();
  const choice = { queue, ...(reason && { reason }) };

  useEffect(() => {
    if (!queues.includes(queue)) return setQueue(queues[0] ?? '');
    setCount(undefined);
    const timer = setTimeout(() => {
      send<{ jobs: number }>('/api/failed/retry', { ...choice, dryRun: true }).then(
        ({ jobs }) => setCount(jobs),
        () => setCount(undefined),
      );
    }, 300);
    return () => clearTimeout(timer);
  }, [queue, reason, queues.join()]);

  return (
    <form
      class="card filters pad retry-many"
      onSubmit={(event) => {
        event.preventDefault();
        void onRetry(choice);
      }}
    >
      <label class="field">
        {t('jobs.queue')}
        <select class="select" value={queue} onChange={(event) => setQueue(event.currentTarget.value)}>
          {queues.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
      </label>
      <label class="field grow">
        {t('failed.contains')}
        <input
          class="input"
          value={reason}
          maxLength={300}
          onInput={(event) => setReason(event.currentTarget.value)}
        />
      </label>
      <button type="submit" class="button primary" disabled={!count}>
        <Icon name="retry" />
        {count === undefined ? t('runs.retry') : t('failed.retryMany', { n: count })}
      </button>
    </form>
  );
}
