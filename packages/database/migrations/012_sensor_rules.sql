-- How a climate sensor behaves: whether it reports only changes, where its scale ends, how finely it measures, and after
-- how long without moving it counts as frozen. What is not set here is learned from its readings.
create table sensor_rule (
  device_type  text not null,
  point        text not null,
  device       text not null default '*',        -- '*' for all devices of the type
  valid_from   timestamptz not null default '-infinity',
  sampling     text check (sampling in ('regular', 'on-change')),
  holds        interval check (holds > interval '0'), -- how long a value of an on-change sensor holds at most
  ceiling      float8,
  step         float8 check (step > 0),
  frozen_after interval check (frozen_after > interval '0'),
  primary key (device_type, point, device, valid_from)
);

-- What a local day's plausible readings show of their sensor; the following days learn from it. Null values and zeros
-- mean that the day had too few readings.
create table sensor_day (
  point_id     integer not null references point,
  day          date not null,
  min          float8,
  max          float8,
  step         float8,           -- the smallest difference between distinct values
  at_max       integer not null, -- the longest stretch at the maximum, milliseconds
  left_max     integer not null, -- long stretches at the maximum that a lower reading ended
  gaps         integer not null,
  regular_gaps integer not null, -- gaps that are about a multiple of one interval
  changes      integer not null, -- gaps between two different values
  primary key (point_id, day)
);

-- Null in rows that were computed before this release.
alter table env_daily_stats
  add saturated_minutes float8,
  add ceiling_minutes float8,
  add unmoved_minutes float8,
  add frozen_count integer,
  add sampling text check (sampling in ('regular', 'on-change')),
  -- A value of an on-change sensor can hold all day.
  drop constraint env_daily_stats_count_check,
  add constraint env_daily_stats_count_check check (count >= 0);
