import type { ActiveJob, TimetableEntry } from '../../src/jobs/timetable.ts';
import type { Alert } from '../../src/records/alerts.ts';
import type { RoomNow, Trouble } from '../../src/rooms/room-now.ts';
import { useData, type Wire } from '../api.ts';
import { at } from '../base-path.ts';
import { jobTitle } from '../job-title.ts';
import { live } from '../live.ts';
import { digits, metricNames, unitOf } from '../metrics.ts';
import { AlertRow } from '../parts/alert-row.tsx';
import { BandGauge } from '../parts/band-gauge.tsx';
import { Icon } from '../parts/icon.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { Progress } from '../parts/progress.tsx';
import { Sparkline } from '../parts/sparkline.tsx';
import { Empty, ErrorState, Loading } from '../parts/states.tsx';
import { Late, Status } from '../parts/status.tsx';
import { pictureOf } from '../picture.ts';
import { dateTime, formatNumber, fromNow, longDay, shortDay, t } from '../words.ts';

interface TodayAnswer {
  now: string;
  rooms: Wire<RoomNow>[];
  openAlerts: number;
}

export function Today() {
  const { data, error, reload } = useData<TodayAnswer>('/api/today', 30_000);
  if (!data) {
    return error ? (
      <ErrorState error={error} onRetry={reload} />
    ) : (
      <>
        <PageHead title={t('nav.today')} />
        <div class="room-cards">
          <Loading height={420} />
          <Loading height={420} />
          <Loading height={420} />
          <Loading height={420} />
        </div>
      </>
    );
  }
  const troubled = data.rooms.filter((room) => room.troubles.length > 0).length;
  return (
    <>
      <PageHead
        title={longDay(data.now)}
        note={troubled === 0 ? t('today.allWell') : t('today.troubled', { n: troubled })}
      />
      {error && (
        <div class="notice warn" role="alert">
          <Icon name="alert" />
          {t('error.old')}
        </div>
      )}
      {data.rooms.length === 0 ? (
        <div class="card">
          <Empty icon="room" title={t('today.noRooms')}>
            <p>{t('today.noRoomsHelp')}</p>
          </Empty>
        </div>
      ) : (
        <div class="room-cards">
          {data.rooms.map((room) => (
            <RoomCard key={room.room} room={room} now={data.now} />
          ))}
        </div>
      )}
      <div class="columns section">
        <JobsNow />
        <AlertsNow count={live.value?.openAlerts ?? data.openAlerts} />
      </div>
    </>
  );
}

function RoomCard({ room, now }: { room: Wire<RoomNow>; now: string }) {
  const image = room.litImage ?? room.image;
  const newest = room.image && room.image.id !== image?.id ? room.image : null;
  return (
    <article class="card room-card">
      <a class="room-picture" href={at(`/rooms/${encodeURIComponent(room.room)}`)}>
        {image ? (
          <img
            src={pictureOf(image, 640)}
            alt={t('image.alt', { room: room.room, when: dateTime(image.capturedAt) })}
            loading="lazy"
            decoding="async"
          />
        ) : (
          <span class="no-picture">
            <Icon name="image" />
            {t('today.noImage')}
          </span>
        )}
        <span class="room-title">
          <strong>{room.room}</strong>
          {room.growthDay !== null && <span>{t('growthDay', { day: room.growthDay })}</span>}
          {image && <span class="room-when">{fromNow(image.capturedAt, Date.parse(now))}</span>}
        </span>
      </a>
      <div class="room-metrics">
        {metricNames.map((metric) => {
          const value = room.metrics[metric];
          return (
            <div key={metric} class="room-metric">
              <span class="metric-name">{t(`metric.${metric}`)}</span>
              <span class="metric-value number">
                {value ? formatNumber(value.value, digits[metric]) : '–'}
                <small>{unitOf[metric]}</small>
              </span>
              {value ? (
                <Sparkline
                  values={value.curve}
                  band={value.band}
                  tone={metric}
                  label={t('today.curve', { metric: t(`metric.${metric}`) })}
                />
              ) : (
                <span class="sparkline" />
              )}
              {value?.band ? <BandGauge {...value.band} value={value.value} metric={metric} /> : <span />}
            </div>
          );
        })}
      </div>
      <ul class="room-notes">
        {room.troubles.map((trouble) => (
          <li key={`${trouble.what}${'metric' in trouble ? trouble.metric : ''}`} class="trouble">
            <Icon name="alert" />
            {describeTrouble(trouble, now)}
          </li>
        ))}
        {newest && (
          <li class="quiet">
            <Icon name="image" />
            <a href={at(`/images?room=${encodeURIComponent(room.room)}`)}>
              {t('today.newestImage', { when: fromNow(newest.capturedAt, Date.parse(now)) })}
            </a>
          </li>
        )}
        <li class="quiet">
          <Icon name="sliders" />
          {t('today.changes', { n: room.changes })}
        </li>
      </ul>
    </article>
  );
}

function describeTrouble(trouble: Wire<Trouble>, now: string): string {
  switch (trouble.what) {
    case 'old-readings':
      return t('trouble.old-readings', { when: fromNow(trouble.since, Date.parse(now)) });
    case 'old-metric':
      return t('trouble.old-metric', {
        metric: t(`metric.${trouble.metric}`),
        when: fromNow(trouble.since, Date.parse(now)),
      });
    case 'below-band':
    case 'above-band':
      return t(`trouble.${trouble.what}`, {
        metric: t(`metric.${trouble.metric}`),
        limit: formatNumber(trouble.limit, digits[trouble.metric]),
        unit: unitOf[trouble.metric],
      });
    case 'old-image':
      return t('trouble.old-image', { when: fromNow(trouble.since, Date.parse(now)) });
    case 'not-embedded':
      return t('trouble.not-embedded', { n: trouble.count, day: shortDay(trouble.day) });
    default:
      return t(`trouble.${trouble.what}`);
  }
}

interface JobsAnswer {
  jobs: Wire<TimetableEntry>[];
  active: Wire<ActiveJob>[];
}

function JobsNow() {
  const { data, error } = useData<JobsAnswer>('/api/jobs', 30_000);
  const active = live.value?.active ?? data?.active ?? [];
  return (
    <section aria-labelledby="jobs-now">
      <div class="section-head">
        <h2 id="jobs-now">{t('nav.jobs')}</h2>
        <a href={at('/jobs')}>{t('seeAll')}</a>
      </div>
      {error && !data && <ErrorState error={error} />}
      {!data && !error && <Loading height={180} />}
      {data && (
        <ul class="card rows">
          {data.jobs
            .filter(({ schedule }) => schedule)
            .map((job) => {
              const running = active.find((one) => one.job === job.id);
              return (
                <li key={job.id} class="row">
                  <div class="row-main">
                    <strong>{jobTitle(job.id, job.title)}</strong>
                    <span class="quiet small">
                      {job.pausedAt
                        ? t('jobs.pausedSince', { when: dateTime(job.pausedAt) })
                        : job.next && t('jobs.next', { when: fromNow(job.next), at: dateTime(job.next) })}
                    </span>
                    {running && <Progress progress={running.progress} />}
                  </div>
                  {running ? (
                    <Status status="running" />
                  ) : job.pausedAt ? (
                    <Status status="paused" />
                  ) : job.late ? (
                    <Late since={job.late} />
                  ) : job.last ? (
                    <Status status={job.last.status} />
                  ) : (
                    <span class="badge">{t('jobs.never')}</span>
                  )}
                </li>
              );
            })}
        </ul>
      )}
    </section>
  );
}

function AlertsNow({ count }: { count: number }) {
  // Reload the list when the number of open alerts changes.
  const { data, error } = useData<{ alerts: Wire<Alert>[] }>(`/api/alerts?limit=5&open=true#${count}`);
  return (
    <section aria-labelledby="alerts-now">
      <div class="section-head">
        <h2 id="alerts-now">{t('alerts.title')}</h2>
        <a href={at('/alerts')}>{t('seeAll')}</a>
      </div>
      {error && !data && <ErrorState error={error} />}
      {!data && !error && <Loading height={180} />}
      {data && (
        <div class="card">
          {data.alerts.length === 0 ? (
            <Empty icon="check" title={t('alerts.none')} />
          ) : (
            <ul class="rows">
              {data.alerts.map((alert) => (
                <AlertRow key={alert.id} alert={alert} />
              ))}
            </ul>
          )}
        </div>
      )}
    </section>
  );
}
