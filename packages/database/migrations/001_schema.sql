-- The whole of Mycelium's data. Instants are timestamptz; a `day` is a local day of the farm's zone.
create extension if not exists vector;

-- ── Points and readings ────────────────────────────────────────────────────────────────────────
create table point (
  id          integer generated always as identity primary key,
  room        text not null,
  device_type text not null,                       -- air_cooler, humidifier, mushroom_env_status …
  device      text not null,                       -- alias type_room, e.g. left_humidifier_611
  point       text not null,                       -- temp_set, on_off, co2 …
  kind        text not null check (kind in ('measurement', 'analog', 'switch', 'enum')),
  unit        text,
  created_at  timestamptz not null default now(),
  unique (room, device, point)
);
create index point_rule_key on point (device_type, point);

-- What counts as a change, and what values are called. A row holds from `valid_from` until the next one;
-- an old day is judged by what was valid then.
create table point_rule (
  device_type text not null,
  point       text not null,
  valid_from  timestamptz not null default '-infinity',
  kind        text not null check (kind in ('measurement', 'analog', 'switch', 'enum')),
  unit        text,
  threshold   float8 check (threshold > 0),        -- smallest change that counts, analog points only
  labels      jsonb not null default '{}',         -- {"0": "off", "1": "auto", "2": "manual"}
  primary key (device_type, point, valid_from)
);

-- The band a metric should stay in, by room ('*' is every room) and day of growth.
create table band (
  room        text not null default '*',
  metric      text not null,
  from_day    integer not null,
  to_day      integer not null check (to_day >= from_day),
  low         float8 not null,
  high        float8 not null check (high > low),
  valid_from  timestamptz not null default '-infinity',
  primary key (room, metric, from_day, valid_from)
);

-- No foreign key to point: checking it costs as much as everything else in an insert (83,000 instead of 157,000
-- rows/s on two cores).
create table reading (
  point_id integer not null,
  ts       timestamptz not null,
  value    float8 not null,
  -- One row of a point and an instant; both readers (a day's statistics, an hour's changes) walk it in order.
  primary key (point_id, ts) include (value)
) partition by range (ts);

create table env_daily_stats (
  room           text not null,
  day            date not null,
  metric         text not null check (metric in ('temperature', 'humidity', 'co2')),
  count          integer not null check (count > 0),
  expected_count integer not null,
  coverage       float8 not null,                  -- count / expected_count, 0–1
  longest_gap    interval not null,
  bad_count      integer not null default 0,       -- left out: impossible or stuck values
  min float8 not null, min_at timestamptz not null,
  max float8 not null, max_at timestamptz not null,
  mean float8 not null,
  time_weighted_mean float8 not null,
  p5 float8 not null, q25 float8 not null, median float8 not null, q75 float8 not null, p95 float8 not null,
  minutes_below float8, minutes_above float8,      -- against the band; null where there is none
  growth_day     integer,
  phase          text,
  time_zone      text not null,
  computed_at    timestamptz not null default now(),
  primary key (room, day, metric)
);

-- `previous` is null in the row that sets a point's baseline: it is not a change.
create table setpoint_change (
  point_id   integer not null references point,
  changed_at timestamptz not null,
  previous   float8,
  value      float8 not null,
  threshold  float8,                               -- the one it was judged by
  slot       timestamptz not null,                 -- the run that found it
  primary key (point_id, changed_at)
);
create index setpoint_change_time on setpoint_change (changed_at);
create index setpoint_change_slot on setpoint_change (slot);

-- Up to where a room's changes are known: the next window begins at `until`, whenever it runs. A run sets
-- `closing` before it reads; what is written after that with an earlier time is late.
create table setpoint_watermark (
  room        text primary key,
  until       timestamptz,                         -- null before the first window has been read
  closing     timestamptz not null,
  window_from timestamptz                          -- of the window that ended at `until`; null: from the beginning
);

-- Up to where a room's statistics are computed, or are being computed.
create table env_stats_watermark (
  room    text primary key,
  closing timestamptz not null
);

-- Readings that came after their time had been read. The next run reads that time again and removes the row,
-- unless `version` shows that more has come meanwhile.
create table late_reading (
  point_id integer not null references point,
  day      date not null,                          -- UTC; only to keep far apart times apart
  first    timestamptz not null,
  last     timestamptz not null,
  version  integer not null default 1,
  primary key (point_id, day)
);

create function mark_late(points integer[], firsts timestamptz[], lasts timestamptz[]) returns void
language sql as $$
  insert into late_reading as known (point_id, day, first, last)
  select point.id, (written.first at time zone 'UTC')::date, min(written.first), max(written.last)
  from unnest(points, firsts, lasts) as written(point_id, first, last)
  join point on point.id = written.point_id
  left join setpoint_watermark s on s.room = point.room and point.kind <> 'measurement'
  left join env_stats_watermark e on e.room = point.room and point.kind = 'measurement'
  where written.first < coalesce(s.closing, e.closing)
  group by 1, 2 order by 1, 2
  on conflict (point_id, day) do update set first = least(known.first, excluded.first),
    last = greatest(known.last, excluded.last), version = known.version + 1
$$;

-- Whoever writes readings by his own SQL gets late ones marked one by one. Mycelium's own writers mark a batch at
-- a time, and say so, since a trigger for every row (or a transition table) would halve their speed.
create function mark_late_row() returns trigger language plpgsql as $$
begin
  if exists (select from point
             left join setpoint_watermark s on s.room = point.room and point.kind <> 'measurement'
             left join env_stats_watermark e on e.room = point.room and point.kind = 'measurement'
             where point.id = new.point_id and new.ts < coalesce(s.closing, e.closing)) then
    perform mark_late(array[new.point_id], array[new.ts], array[new.ts]);
  end if;
  return null;
end $$;
create trigger reading_late after insert or update on reading for each row
  when (current_setting('mycelium.marks_late', true) is distinct from 'yes')
  execute function mark_late_row();

-- ── Images and vectors ─────────────────────────────────────────────────────────────────────────
create table image (
  id          bigint generated always as identity primary key,
  key         text not null unique,
  room        text not null,
  day         date not null,                       -- of the key's folder
  captured_at timestamptz not null,
  in_date     date not null,
  camera      text not null,
  growth_day  integer not null,
  stage       text not null check (stage in ('normal', 'non_growth')),
  etag        text not null,                       -- another etag is another picture: embed again
  bytes       bigint not null,
  seen_at     timestamptz not null default now()
);
create index image_day on image (day, room);
create index image_room_time on image (room, captured_at);

create table model (
  id         integer generated always as identity primary key,
  key        text not null unique,                 -- name@revision/dtype#hash
  name       text not null,
  revision   text not null,
  dtype      text not null,
  hash       text not null,
  demo       boolean not null default false,
  dimensions integer not null check (dimensions = 512),
  created_at timestamptz not null default now()
);
-- The one model that searches read.
create table active_model (
  only_row boolean primary key default true check (only_row),
  model_id integer not null references model,
  since    timestamptz not null default now()
);

-- A partition a model: each has an index of its own, so that a search never wades through another model's vectors,
-- and a model that is no longer wanted goes with its table. `ensureModel` makes them. The fused vector lies in the
-- row, where exact searches read it; the other one is put aside.
create table image_embedding (
  image_id      bigint not null references image on delete cascade,
  model_id      integer not null references model,
  etag          text not null,                     -- of the bytes it was made from
  image_vector  vector(512) not null,
  fused_vector  vector(512) storage plain not null,
  made_from     text not null check (made_from in ('description', 'identity')),
  text_used     text not null,                     -- exactly what the text vector was made of
  text_cut      boolean not null default false,    -- something did not fit in 77 tokens
  identity_text text not null,
  temperature float8, humidity float8, co2 float8, -- at capture; null where no reading was near
  description   jsonb,
  quality       float8,
  embedded_at   timestamptz not null default now(),
  -- What pages and counts ask of 100,000 images is in the index: the rows are wide.
  primary key (image_id, model_id) include (etag, made_from, quality)
) partition by list (model_id);
create index image_embedding_fused on image_embedding using hnsw (fused_vector vector_cosine_ops);

create table quarantine (
  key        text primary key,
  reason     text not null,
  detail     text not null,
  bytes      bigint,
  etag       text,
  first_seen timestamptz not null default now(),
  last_seen  timestamptz not null default now(),
  times      integer not null default 1
);

-- ── The ledger ─────────────────────────────────────────────────────────────────────────────────
create table schedule (
  job        text primary key,
  pattern    text not null,
  time_zone  text not null,
  first_seen timestamptz not null default now(),   -- slots before it are not due
  accounted_until timestamptz not null default now(), -- every slot up to here has ended, or is in the queue's hands
  paused_at  timestamptz
);

create table runs (
  id          bigint generated always as identity primary key,
  job         text not null,
  slot        timestamptz not null,                -- the scheduled time; "yesterday" is reckoned from it
  epoch       bigint not null default 0,
  status      text not null check (status in
                ('running', 'waiting', 'retrying', 'succeeded', 'failed', 'missed', 'coalesced', 'paused')),
  cause       text not null check (cause in ('schedule', 'catch-up', 'manual', 'backfill')),
  request     text,                                -- the queue's job: the same one again is a redelivery
  worker      text,
  attempts    integer not null default 0,
  started_at  timestamptz,
  finished_at timestamptz,
  lateness    interval,
  report      jsonb,
  error       text,
  unique (job, slot)
);
create index runs_recent on runs (slot desc);
create index runs_finished on runs (finished_at);
create index runs_unfinished on runs (job, slot) where status in ('running', 'waiting', 'retrying');

-- Who may write: one live holder of a name. Epochs come from one sequence, so none is ever used twice.
create sequence lease_epoch;
create table lease (
  name   text primary key,
  epoch  bigint not null,
  holder text not null,
  until  timestamptz not null
);

-- Every process says that it lives; one that ends cleanly takes its row away.
create table heartbeat (
  process text primary key,
  service text not null,
  host    text not null,
  started_at timestamptz not null,
  seen_at timestamptz not null,
  trouble text,                                    -- what it cannot work without and cannot reach
  trouble_since timestamptz,
  check ((trouble is null) = (trouble_since is null))
);

create table alert (
  id         bigint generated always as identity primary key,
  kind       text not null,
  subject    text not null,
  severity   text not null check (severity in ('warning', 'critical')),
  message    text not null,
  opened_at  timestamptz not null default now(),
  closed_at  timestamptz,
  notified_at timestamptz,                         -- up to when the webhook knows of it: before closed_at, its end is untold
  notify_attempts integer not null default 0,      -- in vain, since it was last told
  notify_after timestamptz not null default now(), -- the next try
  cleared    boolean not null default false        -- closed because it is over, not because a person waved it away
);
create unique index alert_open on alert (kind, subject) where closed_at is null;
create index alert_dismissed on alert (kind, subject, closed_at) where closed_at is not null and not cleared;

create table audit (
  id     bigint generated always as identity primary key,
  at     timestamptz not null default now(),
  actor  text not null,
  action text not null,
  subject text not null,
  detail jsonb
);
