-- What a run was made from decides whether it is stale: a reading written after the job had read its time, whichever
-- room it belongs to. A watermark per room missed rooms and points that were registered later.

-- How far each reader has read, over all rooms. A run sets `closing` before it reads; what is written afterwards with
-- an earlier time is late.
create table reading_watermark (
  reader  text primary key check (reader in ('readings', 'setpoints')), -- daily statistics; setpoint monitoring
  closing timestamptz not null
);
insert into reading_watermark
select 'readings', max(closing) from env_stats_watermark having count(*) > 0
union all
select 'setpoints', max(closing) from setpoint_watermark having count(*) > 0;
drop table env_stats_watermark;
delete from setpoint_watermark where until is null;
alter table setpoint_watermark drop column closing;

-- Which points a reader's results are made from. A test compares it with the metrics of packages/farm.
create function reads(reader text, kind text, device_type text, point text) returns boolean
language sql immutable as $$
  select case reader
    when 'setpoints' then kind <> 'measurement'
    when 'readings' then
      kind = 'measurement' and device_type = 'mushroom_env_status' and point in ('temperature', 'humidity', 'co2')
      or device_type = 'mushroom_info' and point = 'in_day_num' -- the growth day decides which band holds
    else false
  end
$$;

alter table late_reading add column reader text;
update late_reading set reader = case when kind = 'measurement' then 'readings' else 'setpoints' end
from point where point.id = point_id;
alter table late_reading alter column reader set not null,
  drop constraint late_reading_pkey, add primary key (reader, point_id, day);

create or replace function mark_late(points integer[], firsts timestamptz[], lasts timestamptz[]) returns void
language sql as $$
  insert into late_reading as known (reader, point_id, day, first, last)
  select reader, point.id, (from_there at time zone 'UTC')::date, min(from_there), max(written.last)
  from unnest(points, firsts, lasts) as written(point_id, first, last)
  left join readings_dropped dropped on true
  cross join lateral greatest(written.first, dropped.until) from_there
  join reading_watermark on from_there < closing
  join point on point.id = written.point_id and reads(reader, point.kind, point.device_type, point.point)
  where from_there <= written.last
  group by 1, 2, 3 order by 1, 2, 3
  on conflict (reader, point_id, day) do update set first = least(known.first, excluded.first),
    last = greatest(known.last, excluded.last), version = known.version + 1
$$;

-- Readings written, moved or deleted by other programs' SQL are marked one by one. Mycelium's own writers mark a batch
-- at a time and set mycelium.marks_late, since a trigger for every row would halve their speed.
create or replace function mark_late_row() returns trigger language plpgsql as $$
begin
  perform mark_late(array[touched.point_id], array[touched.ts], array[touched.ts])
  from (select new.point_id, new.ts union select old.point_id, old.ts) touched(point_id, ts)
  where touched.ts < (select max(closing) from reading_watermark);
  return null;
end $$;
drop trigger reading_late on reading;
create trigger reading_late after insert or update or delete on reading for each row
  when (current_setting('mycelium.marks_late', true) is distinct from 'yes')
  execute function mark_late_row();

-- A point that moves to another room, or becomes another kind, takes its history with it.
create function mark_point_late() returns trigger language plpgsql as $$
begin
  perform mark_late(array[new.id], array[history.first], array[history.last])
  from (select min(ts) as first, max(ts) as last from reading where point_id = new.id) history
  where history.first is not null;
  return null;
end $$;
create trigger point_late after update of room, device_type, device, point, kind on point for each row
  when ((old.room, old.device_type, old.device, old.point, old.kind)
        is distinct from (new.room, new.device_type, new.device, new.point, new.kind)
        and current_setting('mycelium.marks_late', true) is distinct from 'yes')
  execute function mark_point_late();

-- On days without a controller's growth day, it comes from the latest picture. Pictures of another batch than the one
-- before them, listed after the statistics of their days, change the days after the controller's last reading, up to the
-- next picture.
create function mark_growth_late() returns trigger language plpgsql as $$
begin
  perform mark_late(array_agg(sensor.id), array_agg(changed.first), array_agg(changed.last))
  from (select room, min(captured_at) as first, max(captured_at) as last from listed group by room) span
  join reading_watermark on reader = 'readings' and span.first < closing
  join lateral (select min(id) as id from point where point.room = span.room
    and device_type = 'mushroom_env_status' and reads('readings', kind, device_type, point)) sensor on sensor.id is not null
  left join lateral (select in_date from image where image.room = span.room and captured_at < span.first
    order by captured_at desc limit 1) previous on true
  left join lateral (select captured_at from image where image.room = span.room and captured_at > span.last
    order by captured_at limit 1) following on true
  left join lateral (select max(latest.ts) as ts from point cross join lateral (select ts from reading
      where point_id = point.id and ts >= span.first and ts < closing order by ts desc limit 1) latest
    where point.room = span.room and device_type = 'mushroom_info' and point = 'in_day_num') controller on true
  cross join lateral (select greatest(span.first, controller.ts + interval '1 day') as first,
    coalesce(following.captured_at, closing) as last) changed
  where changed.first < changed.last
    and exists (select from listed where listed.room = span.room and listed.in_date is distinct from previous.in_date);
  return null;
end $$;
create trigger image_growth_late after insert on image referencing new table as listed
  for each statement execute function mark_growth_late();

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
on conflict do nothing;
