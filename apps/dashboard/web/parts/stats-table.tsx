import { unexplainedStillness } from '@mycelium/farm';
import type { DailyStats } from '../../src/rooms/daily-stats.ts';
import { query, useData, type Wire } from '../api.ts';
import { dayAt } from '../farm-day.ts';
import { digits, unitOf } from '../metrics.ts';
import { clock, duration, formatNumber, percent, shortDay, t } from '../words.ts';
import type { Window } from './climate-chart.tsx';
import { Empty, ErrorState, Loading } from './states.tsx';

/** A row for each day and metric of the window, with its coverage. */
export function StatsTable({ path, window }: { path: string; window: Window }) {
  const { data, error } = useData<{ days: Wire<DailyStats>[] }>(
    `${path}/stats${query({ from: dayAt(window.from), to: dayAt(window.to) })}`,
  );
  return (
    <section aria-labelledby="stats">
      <div class="section-head">
        <h2 id="stats">{t('stats.title')}</h2>
      </div>
      {error && !data && <ErrorState error={error} />}
      {!data && !error && <Loading height={200} />}
      {data && (
        <section class="card table-wrap tall" tabIndex={0} aria-label={t('stats.title')}>
          {data.days.length === 0 ? (
            <Empty icon="calendar" title={t('stats.none')}>
              <p>{t('stats.noneHelp')}</p>
            </Empty>
          ) : (
            <table class="table compact">
              <thead>
                <tr>
                  <th>{t('stats.day')}</th>
                  <th>{t('stats.metric')}</th>
                  <th class="right">{t('stats.coverage')}</th>
                  <th class="right">{t('stats.mean')}</th>
                  <th class="right">{t('stats.bad')}</th>
                  <th>{t('stats.sensor')}</th>
                  <th class="right">{t('stats.median')}</th>
                  <th class="right">{t('stats.quartiles')}</th>
                  <th class="right">{t('stats.lowest')}</th>
                  <th class="right">{t('stats.highest')}</th>
                  <th class="right">{t('stats.outside')}</th>
                  <th class="right">{t('stats.gap')}</th>
                </tr>
              </thead>
              <tbody>
                {data.days.map((row) => (
                  <StatsRow key={`${row.day}${row.metric}`} row={row} />
                ))}
              </tbody>
            </table>
          )}
        </section>
      )}
    </section>
  );
}

function StatsRow({ row }: { row: Wire<DailyStats> }) {
  const say = (value: number) => formatNumber(value, digits[row.metric]);
  const readings =
    row.sampling === 'on-change'
      ? t('stats.reports', { n: row.count })
      : `${row.count} / ${row.expectedCount}`;
  const outside = (row.minutesBelow ?? 0) + (row.minutesAbove ?? 0);
  return (
    <tr>
      <td class="nowrap">
        {shortDay(row.day)}
        {row.growthDay !== null && <span class="quiet"> · {t('growthDay', { day: row.growthDay })}</span>}
      </td>
      <td class="nowrap">
        <span class={`dot ${row.metric}`} /> {t(`metric.${row.metric}`)}{' '}
        <span class="quiet">{unitOf[row.metric]}</span>
      </td>
      <td class="right nowrap">
        <span class={row.coverage < 0.9 ? 'badge warn' : ''} title={readings}>
          {percent(row.coverage)}
        </span>
      </td>
      <td class="right">{say(row.mean)}</td>
      <td class="right">{row.badCount}</td>
      <td class="nowrap">
        <SensorNotes row={row} />
      </td>
      <td class="right">{say(row.median)}</td>
      <td class="right nowrap">
        {say(row.q25)} – {say(row.q75)}
      </td>
      <td class="right nowrap">
        {say(row.min)} <span class="quiet">{clock(row.minAt)}</span>
      </td>
      <td class="right nowrap">
        {say(row.max)} <span class="quiet">{clock(row.maxAt)}</span>
      </td>
      <td class="right nowrap">{row.minutesBelow === null ? '–' : duration(outside * 60)}</td>
      <td class="right nowrap">{duration(row.longestGapSeconds)}</td>
    </tr>
  );
}

/** What the mean is made from: values left out as frozen, at the end of the scale, unmoved, or held until the next one. */
function SensorNotes({ row }: { row: Wire<DailyStats> }) {
  if (row.sampling === null) return <span title={t('stats.sensorUnknown')}>–</span>;
  const { frozenCount, saturatedMinutes, ceilingMinutes, unmovedMinutes } = row;
  const time = (minutes: number | null) => duration((minutes ?? 0) * 60);
  const still = frozenCount ? 0 : unexplainedStillness(row);
  return (
    <span class="badges">
      {!!frozenCount && (
        <span class="badge bad" title={t('stats.leftOut', { n: frozenCount })}>
          {t('stats.frozen', { time: time(unmovedMinutes) })}
        </span>
      )}
      {!!ceilingMinutes && (
        <span class="badge warn" title={t('stats.ceilingHelp')}>
          {t('stats.ceiling', { time: time(ceilingMinutes) })}
        </span>
      )}
      {!!saturatedMinutes && (
        <span class="badge info">{t('stats.saturated', { time: time(saturatedMinutes) })}</span>
      )}
      {still > 0 && <span class="badge">{t('stats.unmoved', { time: time(still) })}</span>}
      {row.sampling === 'on-change' && (
        <span class="badge" title={t('stats.onChangeHelp')}>
          {t('stats.onChange')}
        </span>
      )}
    </span>
  );
}
