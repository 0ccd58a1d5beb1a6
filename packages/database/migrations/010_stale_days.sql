-- Apart from 009, which locks the readings: this reads their whole history, while others write.
--
-- Days that were never computed although their readings are there, and days whose humidity lost values because 100–110 %
-- used to count as a fault: the next run computes them.
insert into late_reading (reader, point_id, day, first, last)
select reader, point.id, midnight::date, midnight at time zone 'UTC',
       (midnight + interval '1 day') at time zone 'UTC' - interval '1 us'
from point
cross join reading_watermark
left join readings_dropped dropped on true
cross join lateral (select min(ts) as first from reading where point_id = point.id) history
cross join lateral generate_series(
  date_trunc('day', greatest(history.first, dropped.until) at time zone 'UTC'),
  closing at time zone 'UTC' - interval '1 us', interval '1 day') midnight
left join env_daily_stats stats on stats.room = point.room and stats.metric = point.point and stats.day = midnight::date
where reader = 'readings' and point.device_type = 'mushroom_env_status'
  and reads(reader, point.kind, point.device_type, point.point)
  and (stats.room is null or point.point = 'humidity' and stats.bad_count > 0)
  and exists (select from reading where point_id = point.id
              and ts >= midnight at time zone 'UTC' and ts < (midnight + interval '1 day') at time zone 'UTC')
order by 1, 2, 3 -- the rows are inserted, and writers of the same day wait, only after all of them were found
on conflict do nothing;
