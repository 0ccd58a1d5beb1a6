-- Readings of settled days: one row per point and UTC day. A reading then costs a few bytes instead of a hundred. The job
-- settle_readings moves days here; `reading` stays the table that anybody may write, and where both have an instant, `reading`
-- wins. PostgreSQL's own pglz compresses the arrays: every build has it, and it halves what LZ4 needs (decision 0035).
create table reading_block (
  point_id integer not null,
  day      date not null,              -- UTC
  first    timestamptz not null,
  last     timestamptz not null,
  count    integer not null check (count > 0),
  min      float8 not null,
  max      float8 not null,
  sum      float8 not null,
  deltas   bigint[] compression pglz not null, -- microseconds from each reading to the next; one number if all are equal
  "values" float8[] compression pglz not null,
  primary key (point_id, day),
  check (cardinality("values") = count and cardinality(deltas) in (count - 1, 1))
) partition by range (day);

-- Days before it have been settled, or are being settled: what is written to them is compared with their blocks.
create table reading_settled (
  only_row boolean primary key default true check (only_row),
  until    date not null
);

-- Tables of `reading` from which all rows were settled. A snapshot may still see these rows, so each is dropped by a later run.
create table reading_emptied (
  name text primary key,
  at   timestamptz not null
);

-- Readings of days that have no table of their own.
create table reading_late partition of reading default;

-- From now on each day has a table, so that a settled day is dropped. Months that have readings stay until they are settled.
do $$
declare month record;
begin
  for month in select relname as name from pg_inherits join pg_class on pg_class.oid = inhrelid
      where inhparent = 'reading'::regclass and relname ~ '^reading_\d{4}_\d\d$'
        and relname > to_char(now() at time zone 'UTC', '"reading_"YYYY_MM') loop
    execute format('lock table only %I in access exclusive mode', month.name);
    execute format('do $do$ begin if not exists (select from %I) then drop table %I; end if; end $do$', month.name, month.name);
  end loop;
end $$;

-- A block's readings. The sums of whole microseconds are exact, since a day has fewer than 2^53.
create function unpack_readings(first timestamptz, deltas bigint[], "values" float8[])
returns table (ts timestamptz, value float8) language sql immutable parallel safe as $$
  select $1 + make_interval(secs => sum(case when n = 1 then 0 else coalesce(delta, usual) end)
      over (order by n rows unbounded preceding) / 1e6), value
  from (select $2[1]::float8 as usual offset 0) one,
    unnest($3, array_prepend(null, $2)) with ordinality as packed(value, delta, n)
$$;

-- All readings, for SQL of other programs. A condition on `day` (UTC) opens only the blocks of these days; one on `ts` alone
-- opens all of them. For some points and a span, readings_between is faster.
create view readings as
  select point_id, (ts at time zone 'UTC')::date as day, ts, value from reading
  union all
  select block.point_id, block.day, settled.ts, settled.value from reading_block block
  cross join lateral (select coalesce(array_agg(reading.ts), '{}') as instants from reading
    where reading.point_id = block.point_id and reading.ts between block.first and block.last) newer
  cross join lateral unpack_readings(block.first, block.deltas, block."values") settled
  where settled.ts <> all(newer.instants);

-- The readings of some points from an instant on, up to but without another one.
create function readings_between(points integer[], from_time timestamptz, until timestamptz)
returns table (point_id integer, ts timestamptz, value float8) language sql stable parallel safe as $$
  select reading.point_id, reading.ts, reading.value from reading
  where reading.point_id = any(points) and reading.ts >= from_time and reading.ts < until
  union all
  select block.point_id, settled.ts, settled.value from reading_block block
  cross join lateral (select coalesce(array_agg(reading.ts), '{}') as instants from reading
    where reading.point_id = block.point_id and reading.ts between block.first and block.last) newer
  cross join lateral unpack_readings(block.first, block.deltas, block."values") settled
  where block.point_id = any(points)
    and block.day between (from_time at time zone 'UTC')::date and (until at time zone 'UTC')::date
    and settled.ts >= from_time and settled.ts < until and settled.ts <> all(newer.instants)
$$;

-- The first and the last reading of a point; null if it has none.
create function reading_span(point integer, out first timestamptz, out last timestamptz) language sql stable as $$
  select least(written.first, settled.first), greatest(written.last, settled.last)
  from (select min(ts) as first, max(ts) as last from reading where point_id = point) written,
    (select min(block.first) as first, max(block.last) as last from reading_block block where point_id = point) settled
$$;

-- Blocks that a person deletes by SQL are read again, as deleted rows are.
create function mark_blocks_late() returns trigger language plpgsql as $$
begin
  perform mark_late(array_agg(point_id), array_agg(first), array_agg(last)) from touched;
  return null;
end $$;
create trigger block_deleted after delete on reading_block referencing old table as touched for each statement
  when (current_setting('mycelium.marks_late', true) is distinct from 'yes') execute function mark_blocks_late();

create or replace function mark_point_late() returns trigger language plpgsql as $$
begin
  perform mark_late(array[new.id, sensor.id], array[history.first, history.first], array[history.last, history.last])
  from reading_span(new.id) history
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

create or replace function mark_growth_late() returns trigger language plpgsql as $$
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
  left join lateral (select max(latest.ts) as ts from point cross join lateral (
      select max(ts) as ts from readings_between(array[point.id], span.first, closing)) latest
    where point.room = span.room and device_type = 'mushroom_info' and point = 'in_day_num') controller on true
  cross join lateral (select greatest(span.first, controller.ts + interval '1 day') as first,
    coalesce(following.captured_at, closing) as last) changed
  where changed.first < changed.last
    and exists (select from listed where listed.room = span.room and listed.in_date is distinct from previous.in_date);
  return null;
end $$;

-- Processes of earlier releases do not set it. Nothing is settled while one of them runs.
alter table heartbeat add column reads_blocks boolean not null default false;
