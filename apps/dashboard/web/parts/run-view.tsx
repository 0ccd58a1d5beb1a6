import type { Attempt, ListedRun } from '@mycelium/database';
import { isUnfinished } from '@mycelium/farm';
import type { Message, ReportView } from '@mycelium/words';
import { send, useData, type Wire } from '../api.ts';
import { at } from '../base-path.ts';
import { jobTitle } from '../job-title.ts';
import { isOperator } from '../session.ts';
import { duration, fullTime, maybe, t } from '../words.ts';
import { Dialog } from './dialog.tsx';
import { Icon } from './icon.tsx';
import { Report } from './report.tsx';
import { RetryButton } from './retry-button.tsx';
import { ErrorState, Loading } from './states.tsx';
import { Status } from './status.tsx';
import { attempt } from './toast.tsx';

export type Run = Wire<ListedRun> & { summary: Message | null };

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

export function took({ startedAt, finishedAt }: Run): string {
  if (!startedAt || !finishedAt) return '–';
  return duration((Date.parse(finishedAt) - Date.parse(startedAt)) / 1_000);
}

/** Everything known about one run. */
export function RunView({ id, onClose }: { id: number; onClose: () => void }) {
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
            <dt>{t('runs.id')}</dt>
            <dd class="mono wrap">{run.run}</dd>
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
