import type { HeartbeatRow } from '@mycelium/database';
import { useState } from 'preact/hooks';
import type { ActiveJob, QueueCounts, TimetableEntry } from '../../src/jobs/timetable.ts';
import { send, useData, type Wire } from '../api.ts';
import { at } from '../base-path.ts';
import { daysAgo } from '../farm-day.ts';
import { jobTitle } from '../job-title.ts';
import { live } from '../live.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Icon } from '../parts/icon.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { Progress } from '../parts/progress.tsx';
import { QueuesLink } from '../parts/queues-link.tsx';
import { ErrorState, Loading } from '../parts/states.tsx';
import { Late, Status } from '../parts/status.tsx';
import { attempt } from '../parts/toast.tsx';
import { scheduleText } from '../schedule-text.ts';
import { isOperator, timeZone } from '../session.ts';
import { troubleText } from '../trouble-text.ts';
import { dateTime, formatNumber, fromNow, fullTime, t } from '../words.ts';

interface Answer {
  jobs: Wire<TimetableEntry>[];
  queues: QueueCounts[];
  active: Wire<ActiveJob>[];
  processes: Wire<HeartbeatRow>[];
}

export function Jobs() {
  const { data, error, reload } = useData<Answer>('/api/jobs', 15_000);
  const [asking, setAsking] = useState<Wire<TimetableEntry>>();
  const active = live.value?.active ?? data?.active ?? [];
  const queues = live.value?.queues ?? data?.queues ?? [];

  const act = (id: string, action: 'pause' | 'resume') =>
    attempt(async () => {
      await send(`/api/jobs/${id}/${action}`);
      reload();
      return t(action === 'pause' ? 'jobs.pausedNow' : 'jobs.resumedNow');
    });

  return (
    <>
      <PageHead title={t('nav.jobs')} note={t('jobs.note', { zone: timeZone() })}>
        <a class="button" href={at('/runs')}>
          <Icon name="list" />
          {t('nav.runs')}
        </a>
        <QueuesLink />
      </PageHead>
      {error && !data && <ErrorState error={error} onRetry={reload} />}
      {!data && !error && <Loading height={360} />}
      {data && (
        <>
          <section aria-labelledby="timetable">
            <div class="section-head">
              <h2 id="timetable">{t('jobs.timetable')}</h2>
            </div>
            <div class="card table-wrap">
              <table class="table stack jobs-table">
                <thead>
                  <tr>
                    <th>{t('jobs.job')}</th>
                    <th>{t('jobs.trigger')}</th>
                    <th>{t('jobs.nextRun')}</th>
                    <th>{t('jobs.lastRun')}</th>
                    {isOperator() && <th class="right">{t('jobs.actions')}</th>}
                  </tr>
                </thead>
                <tbody>
                  {data.jobs.map((job) => (
                    <tr key={job.id}>
                      <td>
                        <strong>{jobTitle(job.id, job.title)}</strong>
                        <div class="mono quiet">{job.id}</div>
                      </td>
                      <td class="nowrap" data-label={t('jobs.trigger')}>
                        {job.schedule ? (
                          <span title={job.schedule}>{scheduleText(job.schedule)}</span>
                        ) : (
                          <span class="quiet">
                            {t(job.trigger === 'startup' ? 'jobs.atStart' : 'jobs.onDemand')}
                          </span>
                        )}
                      </td>
                      <td class="nowrap" data-label={t('jobs.nextRun')}>
                        {job.pausedAt ? (
                          <Status status="paused" />
                        ) : job.next ? (
                          <span title={fullTime(job.next)}>
                            {fromNow(job.next)}
                            <div class="quiet small">{dateTime(job.next)}</div>
                          </span>
                        ) : (
                          '–'
                        )}
                      </td>
                      <td class="nowrap" data-label={t('jobs.lastRun')}>
                        {job.late && <Late since={job.late} />}
                        {job.last ? (
                          <a class="bare" href={at(`/runs?open=${job.last.id}`)}>
                            <Status status={job.last.status} />
                            <div class="quiet small">{dateTime(job.last.slot)}</div>
                          </a>
                        ) : (
                          <span class="quiet">{t('jobs.never')}</span>
                        )}
                      </td>
                      {isOperator() && (
                        <td class="right nowrap">
                          <span class="button-row end">
                            {job.schedule && (
                              <button
                                type="button"
                                class="button small"
                                onClick={() => act(job.id, job.pausedAt ? 'resume' : 'pause')}
                              >
                                <Icon name={job.pausedAt ? 'play' : 'pause'} />
                                {t(job.pausedAt ? 'jobs.resume' : 'jobs.pause')}
                              </button>
                            )}
                            {job.runnable && (
                              <button type="button" class="button small" onClick={() => setAsking(job)}>
                                <Icon name="play" />
                                {t('jobs.run')}
                              </button>
                            )}
                          </span>
                        </td>
                      )}
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          </section>

          <div class="columns section">
            <div class="stack-sections">
              <section aria-labelledby="under-way">
                <div class="section-head">
                  <h2 id="under-way">{t('jobs.underWay')}</h2>
                  <span class="quiet small">{live.value ? t('jobs.live') : ''}</span>
                </div>
                <div class="card">
                  {active.length === 0 ? (
                    <p class="quiet pad">{t('jobs.idle')}</p>
                  ) : (
                    <ul class="rows">
                      {active.map((job) => (
                        <li key={`${job.queue}${job.id}`} class="row">
                          <div class="row-main">
                            <strong>{jobTitle(job.job, job.job)}</strong>
                            <span class="quiet small">
                              {job.startedAt && t('jobs.since', { when: fromNow(job.startedAt) })}
                              {job.attempt > 1 && ` · ${t('jobs.attempt', { n: job.attempt })}`}
                              {job.progress &&
                                ` · ${formatNumber(job.progress.done)} / ${formatNumber(job.progress.total)}`}
                            </span>
                            <Progress progress={job.progress} />
                          </div>
                        </li>
                      ))}
                    </ul>
                  )}
                </div>
              </section>
              <Processes processes={data.processes} />
            </div>
            <section aria-labelledby="queues">
              <div class="section-head">
                <h2 id="queues">{t('jobs.queues')}</h2>
              </div>
              <QueueTable queues={queues} />
            </section>
          </div>
        </>
      )}
      {asking && (
        <RunNow
          job={asking}
          onClose={() => {
            setAsking(undefined);
            reload();
          }}
        />
      )}
    </>
  );
}

const silentAfter = 60_000;

/** The processes. A worker that cannot reach a dependency takes no jobs until it can. */
function Processes({ processes }: { processes: Wire<HeartbeatRow>[] }) {
  return (
    <section aria-labelledby="processes">
      <div class="section-head">
        <h2 id="processes">{t('processes.title')}</h2>
      </div>
      <div class="card">
        {processes.length === 0 ? (
          <p class="quiet pad">{t('processes.none')}</p>
        ) : (
          <ul class="rows">
            {processes.map((one) => (
              <ProcessRow key={one.process} process={one} />
            ))}
          </ul>
        )}
      </div>
    </section>
  );
}

function ProcessRow({ process }: { process: Wire<HeartbeatRow> }) {
  const silent = Date.now() - Date.parse(process.seenAt) > silentAfter;
  const state = silent ? 'silent' : process.trouble ? 'holding' : 'working';
  const tone = { silent: 'bad', holding: 'warn', working: 'good' }[state];
  return (
    <li class="row">
      <div class="row-main">
        <strong>{process.service}</strong>
        <span class="quiet small wrap" title={process.process}>
          {silent
            ? t('processes.seen', { when: fromNow(process.seenAt) })
            : t('processes.since', { when: dateTime(process.startedAt) })}
          {' · '}
          {process.host}
        </span>
        {process.trouble && process.troubleSince && (
          <span class="small wrap">
            {t('processes.trouble', {
              when: dateTime(process.troubleSince),
              what: troubleText(process.trouble),
            })}
          </span>
        )}
      </div>
      <span class={`badge ${tone}`}>{t(`processes.${state}`)}</span>
    </li>
  );
}

function QueueTable({ queues }: { queues: QueueCounts[] }) {
  return (
    <div class="card table-wrap">
      <table class="table compact">
        <thead>
          <tr>
            <th>{t('jobs.queue')}</th>
            <th class="right">{t('queue.waiting')}</th>
            <th class="right">{t('queue.active')}</th>
            <th class="right">{t('queue.delayed')}</th>
            <th class="right">{t('queue.failed')}</th>
            <th class="right">{t('queue.completed')}</th>
          </tr>
        </thead>
        <tbody>
          {queues.map((queue) => (
            <tr key={queue.queue}>
              <td>
                <a href={at(`/queues/queue/${encodeURIComponent(queue.queue)}`)} target="_self">
                  {queue.queue}
                </a>{' '}
                {queue.paused && <Status status="paused" />}
              </td>
              <td class="right">{formatNumber(queue.waiting)}</td>
              <td class="right">{formatNumber(queue.active + queue.waitingForBatches)}</td>
              <td class="right">{formatNumber(queue.delayed)}</td>
              <td class="right">
                {queue.failed > 0 ? (
                  <a class="badge bad" href={at('/failed')}>
                    {formatNumber(queue.failed)}
                  </a>
                ) : (
                  0
                )}
              </td>
              <td class="right">{formatNumber(queue.completed)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** A nightly job is run for a chosen day; any other job runs as it is. */
function RunNow({ job, onClose }: { job: Wire<TimetableEntry>; onClose: () => void }) {
  const daily = job.asksForDay;
  const [day, setDay] = useState(daysAgo(1));
  const run = async () => {
    const done = await attempt(async () => {
      const { slot } = await send<{ slot: string }>(`/api/jobs/${job.id}/run`, daily ? { day } : {});
      return t('jobs.asked', { slot: dateTime(slot) });
    });
    if (done) onClose();
  };
  return (
    <Dialog title={t('jobs.runTitle', { job: jobTitle(job.id, job.title) })} onClose={onClose}>
      <p>{t(daily ? 'jobs.runDaily' : 'jobs.runLatest')}</p>
      {daily && (
        <label class="field">
          {t('jobs.day')}
          <input
            class="input"
            type="date"
            value={day}
            onInput={(event) => setDay(event.currentTarget.value)}
          />
        </label>
      )}
      <div class="dialog-foot">
        <button type="button" class="button" onClick={onClose}>
          {t('cancel')}
        </button>
        <button type="button" class="button primary" disabled={daily && !day} onClick={run}>
          <Icon name="play" />
          {t('jobs.run')}
        </button>
      </div>
    </Dialog>
  );
}
