-- The daily statistics in plain SQL, written from docs/readings.md and docs/decisions/0028-properties-of-sensors.md.
-- Settings: farm.zone, farm.first, farm.last. The result is the temporary table expected. Times are milliseconds.
create temp table farm_day as
select day::date as day, extract(epoch from day at time zone zone)::float8 * 1000 as start,
  extract(epoch from (day + interval '1 day') at time zone zone)::float8 * 1000 as "end"
from current_setting('farm.zone') zone,
  generate_series(current_setting('farm.first')::timestamp, current_setting('farm.last')::timestamp, '1 day') day;

create temp table sensor as
select id as point_id, room, device, point as metric, device <> 'mushroom_env_status_' || room as spare from point
where device_type = 'mushroom_env_status' and point in ('temperature', 'humidity', 'co2');

-- What was set, as valid when the day ends: for the device before that for all.
create temp table rule as
select point_id, day, coalesce(own.sampling, every.sampling) as sampling,
  extract(epoch from coalesce(own.holds, every.holds, '24 h'))::float8 * 1000 as holds,
  coalesce(own.ceiling, every.ceiling) as ceiling, coalesce(own.step, every.step) as step,
  extract(epoch from coalesce(own.frozen_after, every.frozen_after, '3 h'))::float8 * 1000 as frozen_after
from sensor cross join farm_day
left join lateral (select * from sensor_rule where point = metric and device = sensor.device
  and valid_from < to_timestamp("end" / 1000) order by valid_from desc limit 1) own on true
left join lateral (select * from sensor_rule where point = metric and device = '*'
  and valid_from < to_timestamp("end" / 1000) order by valid_from desc limit 1) every on true;

-- The readings of each day and of the three hours before it, or as long as a sensor may stand still.
create temp table seen as
select point_id, metric, day, start, "end", t, t >= start as own, case metric
    when 'temperature' then case when value between -40 and 80 then value end
    when 'humidity' then case when value > 0 and value <= 110 then least(value, 100) end
    when 'co2' then case when value > 0 and value <= 40000 then value end end as v
from sensor join rule using (point_id) join farm_day using (day)
join lateral (select extract(epoch from ts)::float8 * 1000 as t, value from reading
  where reading.point_id = sensor.point_id and ts < to_timestamp("end" / 1000)
    and ts >= to_timestamp((start - greatest(10800000, frozen_after)) / 1000)) r on true;
analyze seen;

-- One to three readings far from the one before them, to which the next one returns within a quarter of an hour.
create temp table good as
with far as (
  select *, case metric when 'temperature' then 8 when 'humidity' then 40 else 2000 end as lim,
    lag(v) over near as b, lag(t) over near as bt, lead(v) over near as v1, lead(t) over near as t1,
    lead(v, 2) over near as v2, lead(t, 2) over near as t2, lead(v, 3) over near as v3, lead(t, 3) over near as t3
  from seen where v is not null window near as (partition by point_id, day order by t)),
jump as (
  select *, case when abs(v - b) <= lim or b is null then 0
    when abs(v1 - b) <= lim then case when t1 - bt <= 900000 then 1 else 0 end
    when abs(v2 - b) <= lim then case when t2 - bt <= 900000 then 2 else 0 end
    when abs(v3 - b) <= lim then case when t3 - bt <= 900000 then 3 else 0 end else 0 end as jumps
  from far)
select point_id, metric, day, start, "end", t, own, v from (
  select *, greatest(jumps, lag(jumps, 1, 0) over near - 1, lag(jumps, 2, 0) over near - 2) as jumping
  from jump window near as (partition by point_id, day order by t)) judged
where jumping <= 0;
analyze good;

-- What each day shows of its sensor.
create temp table shown as
with steps as (
  select point_id, day, min(step) as step from (
    select point_id, day, v - lag(v) over (partition by point_id, day order by v) as step
    from (select distinct point_id, day, v from good where own) each) steps
  where step > 1e-6 group by 1, 2),
highest as (select point_id, day, min(v) as low, max(v) as high from good where own group by 1, 2),
stretch as (
  select point_id, day, v, high, min(t) as first, max(t) as last, (array_agg(following order by t desc))[1] as following
  from (select *, sum(moved) over (partition by point_id, day order by t) as n from (
      select point_id, day, v, high, t, lead(v) over near as following,
        case when v = lag(v) over near and t - lag(t) over near <= 3600000 then 0 else 1 end as moved
      from good join highest using (point_id, day) where own
      window near as (partition by point_id, day order by t)) a) b
  where v = high group by point_id, day, n, v, high),
at_max as (
  select point_id, day, max(last - first) as at_max,
    count(*) filter (where last - first >= 10800000 and following < high) as left_max
  from stretch group by 1, 2),
usual as (
  select point_id, day, percentile_cont(0.5) within group (order by gap) as gap from (
    select point_id, day, t - lag(t) over (partition by point_id, day order by t) as gap from seen where own) gaps
  group by 1, 2 having count(gap) >= 12),
gaps as (
  select point_id, day, count(*) as gaps, count(*) filter (where changed) as changes,
    count(*) filter (where pg_temp.multiple(g)) as g1, count(*) filter (where pg_temp.multiple(2 * g)) as g2,
    count(*) filter (where pg_temp.multiple(3 * g)) as g3
  from (select point_id, day, v <> lag(v) over near as changed,
      (t - lag(t) over near) / nullif(gap, 0) as g, lag(t) over near as before
    from good join usual using (point_id, day) where own
    window near as (partition by point_id, day order by t)) each
  where before is not null group by 1, 2)
select point_id, metric, day, low, high, round(step::numeric, 6)::float8 as step, at_max, left_max,
  coalesce(gaps, 0) as gaps, coalesce(changes, 0) as changes,
  coalesce(case when g1 >= 0.6 * gaps then g1 when greatest(g1, g2) >= 0.6 * gaps then greatest(g1, g2)
    else greatest(g1, g2, g3) end, 0) as regular
from highest join sensor using (point_id) join at_max using (point_id, day)
left join steps using (point_id, day) left join gaps using (point_id, day);

-- How each sensor is judged on each day: by what was set, or by what this day and the seven before it show.
create temp table judged as
select point_id, room, metric, spare, day, start, "end", holds, frozen_after,
  coalesce(rule.sampling, case when gaps >= 24 and changes >= 0.95 * gaps and regular < 0.6 * gaps then 'on-change' end,
    'regular') as sampling,
  coalesce(rule.step, known.step) as step,
  coalesce(rule.ceiling, case when metric = 'humidity' and high >= 99.9 then null
    when metric = 'co2' and high in (2000, 5000, 10000, 40000) and at_max >= 1800000 then high
    when left_max >= 2 and known.step < coarse then high end) as ceiling,
  coarse, case metric when 'humidity' then 99.9 else 'infinity' end::float8 as top
from sensor join rule using (point_id) join farm_day using (day)
cross join lateral (select case metric when 'temperature' then 0.5 when 'humidity' then 1 else 50 end as coarse) c
left join lateral (
  select sum(gaps) as gaps, sum(changes) as changes, sum(regular) as regular, max(high) as high,
    case when sum(changes) >= 12 then least(min(step), (select round(min(step)::numeric, 6)::float8 from (
      select v - lag(v) over (order by v) as step from (
        select distinct unnest(array[low, high]) as v from shown
        where shown.point_id = sensor.point_id and day between farm_day.day - 7 and farm_day.day) ends) e
      where step > 1e-6)) end as step,
    (select max(at_max) from shown top where top.point_id = sensor.point_id and day between farm_day.day - 7
      and farm_day.day and high = max(shown.high)) as at_max,
    (select sum(left_max) from shown top where top.point_id = sensor.point_id and day between farm_day.day - 7
      and farm_day.day and high = max(shown.high)) as left_max
  from shown where shown.point_id = sensor.point_id and day between farm_day.day - 7 and farm_day.day) known on true;
analyze judged;

-- The usual interval: the shorter of the day's and that of the hours before; of few readings, that of the last week.
create temp table interval_of as
with gap as (
  select point_id, day, own, t - lag(t) over (partition by point_id, day, own order by t) as part,
    t - lag(t) over (partition by point_id, day order by t) as gap from seen),
medians as (
  select point_id, day, percentile_cont(0.5) within group (order by gap) as med, count(gap) as n,
    percentile_cont(0.5) within group (order by part) filter (where own) as own_med,
    count(part) filter (where own) as own_n,
    percentile_cont(0.5) within group (order by part) filter (where not own) as earlier_med,
    count(part) filter (where not own) as earlier_n
  from gap group by 1, 2)
select point_id, day, coalesce(
  least(case when own_n >= 12 then own_med end, case when earlier_n >= 12 then earlier_med end),
  case when n >= 12 then med end,
  (select percentile_cont(0.5) within group (order by gap) from (
      select extract(epoch from ts - lag(ts) over (order by ts))::float8 * 1000 as gap from (
        select ts from reading where reading.point_id = medians.point_id and ts < to_timestamp("end" / 1000)
          and ts >= to_timestamp("end" / 1000) - interval '7 days' order by ts desc limit 100) latest) g
    having count(gap) >= 12), 60000) as every
from medians join farm_day using (day);

-- Frozen: a fine, regular sensor that repeats a value below its ceiling too long.
create temp table kept as
select point_id, day, t, v, own, frozen from (
  select *, coalesce(n_in >= 10 and last - first >= frozen_after and sampling = 'regular' and step < coarse
    and v < least(top, ceiling), false) as frozen
  from (select *, count(*) over same as n_in, min(t) over same as first, max(t) over same as last from (
      select *, sum(moved) over (partition by point_id, day order by t) as n from (
        select good.*, sampling, step, coarse, top, ceiling, frozen_after,
          case when v = lag(v) over near and t - lag(t) over near <= 3600000 then 0 else 1 end as moved
        from good join judged using (point_id, day)
        window near as (partition by good.point_id, good.day order by t)) a) b
    window same as (partition by point_id, day, n)) c) d
where own;

-- The values that stand in the day, with the time for which they do; of an on-change sensor also the one from before.
create temp table standing as
with standing as (
  select point_id, day, t, v, frozen, false as held from kept
  union all
  select point_id, day, start, before.v, false, true from judged
  cross join lateral (select extract(epoch from ts)::float8 * 1000 as t, case metric
      when 'humidity' then least(value, 100) else value end as v from reading
    where reading.point_id = judged.point_id and ts < to_timestamp(start / 1000) and case metric
      when 'temperature' then value between -40 and 80 when 'humidity' then value > 0 and value <= 110
      else value > 0 and value <= 40000 end
    order by ts desc limit 1) before
  where sampling = 'on-change' and before.t + holds > start
    and not exists (select from kept where kept.point_id = judged.point_id and kept.day = judged.day and kept.t = start)),
held as (
  select *, case when held then (select least(t2 + holds, coalesce(first, "end")) - start from (
      select max(extract(epoch from ts)::float8 * 1000) as t2 from reading
      where reading.point_id = standing.point_id and ts < to_timestamp(start / 1000)) l,
      (select min(t) as first from kept where kept.point_id = standing.point_id and kept.day = standing.day) f) end
    as held_for
  from standing join judged using (point_id, day) left join interval_of using (point_id, day))
select point_id, day, t, v, frozen, held, sampling, "end", case sampling when 'on-change' then holds else 2 * every end as lim,
  coalesce(held_for, least(coalesce(lead(t) over near, "end") - t,
    case sampling when 'on-change' then holds else 2 * every end)) as stands_all,
  case when frozen then 0 else coalesce(held_for, least(coalesce(lead(t) over valid, "end") - t,
    case sampling when 'on-change' then holds else 2 * every end)) end as stands
from held window near as (partition by point_id, day order by t),
  valid as (partition by point_id, day, frozen order by t);

analyze kept;
analyze standing;

create temp table still as
select point_id, day, max(minutes) as unmoved from (
  select point_id, day, n, sum(stands_all) / 60000 as minutes from (
    select *, sum(moved) over (partition by point_id, day order by t) as n from (
      select *, case when v = lag(v) over near and t - lag(t) over near <= greatest(3600000, lim) then 0 else 1 end as moved
      from standing window near as (partition by point_id, day order by t)) a) b
  group by 1, 2, 3) c group by 1, 2;

create temp table expected as
with counted as (select point_id, day, count(*) filter (where own) as arrived from seen group by 1, 2),
gap as (
  select point_id, day, max(gap) as gap from (
    select point_id, day, greatest(t - coalesce(lag(t) over near, start), case when lead(t) over near is null then "end" - t end) as gap
    from kept join farm_day using (day) where not frozen window near as (partition by point_id, day order by t)) g
  group by 1, 2),
share as (
  select point_id, day, v, sum(stands) over (partition by point_id, day order by v, t) as up_to,
    sum(stands) over (partition by point_id, day) as total from standing where not frozen),
stats as (
  select point_id, day, count(*) filter (where not held) as count, min(v) as min, max(v) as max,
    (array_agg(t order by v, t))[1] as min_at, (array_agg(t order by v desc, t))[1] as max_at,
    avg(v) filter (where not held) as plain_mean, sum(v * stands) / sum(stands) as time_mean, sum(stands) as stood,
    percentile_cont(array[0.05, 0.25, 0.5, 0.75, 0.95]) within group (order by v) filter (where not held) as quantiles
  from standing where not frozen group by 1, 2),
held as (
  select point_id, day, array[min(v) filter (where up_to >= 0.05 * total), min(v) filter (where up_to >= 0.25 * total),
    min(v) filter (where up_to >= 0.5 * total), min(v) filter (where up_to >= 0.75 * total),
    min(v) filter (where up_to >= 0.95 * total)] as quantiles
  from share group by 1, 2),
at_end as (
  select point_id, day, sum(stands) filter (where v >= top) / 60000 as saturated,
    sum(stands) filter (where v >= ceiling) / 60000 as at_ceiling
  from standing join judged using (point_id, day) where not frozen group by 1, 2)
select distinct on (room, day, metric) room, day, metric, count,
  case sampling when 'on-change' then count else greatest(1, round(("end" - start) / every)) end as expected_count,
  least(1, case sampling when 'on-change' then stood / ("end" - start)
    else count / greatest(1, round(("end" - start) / every)) end) as coverage,
  coalesce(gap, "end" - start) / 1000 as longest_gap, coalesce(arrived, 0) - count as bad_count,
  min, min_at, max, max_at, case sampling when 'on-change' then time_mean else plain_mean end as mean,
  time_mean as time_weighted_mean, q[1] as p5, q[2] as q25, q[3] as median, q[4] as q75, q[5] as p95,
  coalesce(saturated, 0) as saturated_minutes, coalesce(at_ceiling, 0) as ceiling_minutes, unmoved as unmoved_minutes,
  coalesce(frozen_count, 0) as frozen_count,
  sampling
from stats join judged using (point_id, day) join still using (point_id, day) join at_end using (point_id, day)
left join interval_of using (point_id, day) left join gap using (point_id, day) left join counted using (point_id, day)
left join held using (point_id, day)
left join (select point_id, day, count(*) as frozen_count from kept where frozen group by 1, 2) frozen using (point_id, day)
cross join lateral (select case sampling when 'on-change' then held.quantiles else stats.quantiles end as q) quantile
order by room, day, metric, spare;
