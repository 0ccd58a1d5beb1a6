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

-- Workers of the previous release may still run. They close per room: env_stats_watermark and setpoint_watermark.closing
-- stay for one release, and what they write there counts for all rooms.
create function close_for_all_rooms() returns trigger language plpgsql as $$
begin
  insert into reading_watermark values (tg_argv[0], new.closing)
  on conflict (reader) do update set closing = excluded.closing where reading_watermark.closing < excluded.closing;
  return null;
end $$;
create trigger closed after insert or update of closing on env_stats_watermark for each row
  execute function close_for_all_rooms('readings');
alter table setpoint_watermark alter column closing drop not null;
create trigger closed after insert or update of closing on setpoint_watermark for each row
  when (new.closing is not null) execute function close_for_all_rooms('setpoints');
delete from setpoint_watermark where until is null;

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

-- One mark per UTC day, however long the span that was written: a run of one local day settles only its part of it.
alter table late_reading rename to late_reading_by_point;
create table late_reading (
  reader   text not null,
  point_id integer not null references point,
  day      date not null, -- UTC
  first    timestamptz not null,
  last     timestamptz not null,
  version  integer not null default 1,
  primary key (reader, point_id, day)
);

create or replace function mark_late(points integer[], firsts timestamptz[], lasts timestamptz[]) returns void
language sql as $$
  insert into late_reading as known (reader, point_id, day, first, last)
  select reader, point.id, midnight::date, min(greatest(from_there, midnight at time zone 'UTC')),
    max(least(to_there, (midnight + interval '1 day') at time zone 'UTC' - interval '1 us'))
  from unnest(points, firsts, lasts) as written(point_id, first, last)
  left join readings_dropped dropped on true
  cross join lateral greatest(written.first, dropped.until) from_there
  join reading_watermark on from_there < closing and from_there <= written.last
  join point on point.id = written.point_id and reads(reader, point.kind, point.device_type, point.point)
  cross join lateral least(written.last, closing - interval '1 us') to_there
  cross join lateral generate_series(date_trunc('day', from_there at time zone 'UTC'), to_there at time zone 'UTC',
    interval '1 day') midnight
  group by 1, 2, 3 order by 1, 2, 3
  on conflict (reader, point_id, day) do update set first = least(known.first, excluded.first),
    last = greatest(known.last, excluded.last), version = known.version + 1
$$;
select mark_late(array_agg(point_id), array_agg(first), array_agg(last)) from late_reading_by_point;
drop table late_reading_by_point;

-- What other programs' SQL writes, moves or deletes is marked a statement at a time. Mycelium's own writers mark what they
-- write and set mycelium.marks_late. A statement on the table of a single month marks nothing, like dropping it.
create function mark_late_rows() returns trigger language plpgsql as $$
begin
  perform mark_late(array_agg(point_id), array_agg(first), array_agg(last))
  from (select point_id, min(ts) as first, max(ts) as last from touched
    where ts < (select max(closing) from reading_watermark)
    group by point_id, date_trunc('day', ts, 'UTC')) span;
  return null;
end $$;
drop trigger reading_late on reading;
drop function mark_late_row();
create trigger reading_inserted after insert on reading referencing new table as touched for each statement
  when (current_setting('mycelium.marks_late', true) is distinct from 'yes') execute function mark_late_rows();
create trigger reading_updated_from after update on reading referencing old table as touched for each statement
  when (current_setting('mycelium.marks_late', true) is distinct from 'yes') execute function mark_late_rows();
create trigger reading_updated_to after update on reading referencing new table as touched for each statement
  when (current_setting('mycelium.marks_late', true) is distinct from 'yes') execute function mark_late_rows();
create trigger reading_deleted after delete on reading referencing old table as touched for each statement
  when (current_setting('mycelium.marks_late', true) is distinct from 'yes') execute function mark_late_rows();

-- A point that moves to another room, or becomes another kind, takes its history with it. The room that it leaves is
-- computed again from its other sensors. If it has none left, its rows are deleted, except those of pruned readings.
create function mark_point_late() returns trigger language plpgsql as $$
begin
  perform mark_late(array[new.id, sensor.id], array[history.first, history.first], array[history.last, history.last])
  from (select min(ts) as first, max(ts) as last from reading where point_id = new.id) history
  left join lateral (select id from point where room = old.room and device_type = 'mushroom_env_status'
    and reads('readings', kind, device_type, point) and point.id <> new.id limit 1) sensor on
    reads('readings', old.kind, old.device_type, old.point);
  delete from env_daily_stats where room = old.room
    and old.device_type = 'mushroom_env_status' and reads('readings', old.kind, old.device_type, old.point)
    and not exists (select from point where room = old.room and device_type = 'mushroom_env_status'
      and reads('readings', kind, device_type, point.point))
    and day > coalesce((select (until at time zone 'UTC')::date from readings_dropped), '-infinity');
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
