-- Up to where whole months of readings were thrown away. What was made of them stays as it is: it cannot be made again.
create table readings_dropped (
  only_row boolean primary key default true check (only_row),
  until    timestamptz not null
);

create or replace function mark_late(points integer[], firsts timestamptz[], lasts timestamptz[]) returns void
language sql as $$
  insert into late_reading as known (point_id, day, first, last)
  select point.id, (from_there at time zone 'UTC')::date, min(from_there), max(written.last)
  from unnest(points, firsts, lasts) as written(point_id, first, last)
  left join readings_dropped dropped on true
  cross join lateral greatest(written.first, dropped.until) from_there
  join point on point.id = written.point_id
  left join setpoint_watermark s on s.room = point.room and point.kind <> 'measurement'
  left join env_stats_watermark e on e.room = point.room and point.kind = 'measurement'
  where from_there < coalesce(s.closing, e.closing) and from_there <= written.last
  group by 1, 2 order by 1, 2
  on conflict (point_id, day) do update set first = least(known.first, excluded.first),
    last = greatest(known.last, excluded.last), version = known.version + 1
$$;
