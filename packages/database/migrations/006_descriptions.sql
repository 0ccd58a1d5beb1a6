-- Images whose vectors are written and whose descriptions are not: written with the vector, gone with the description.
-- The queue of descriptions may be lost with Redis; this is not.
create table description_wanted (
  image_id  bigint not null references image on delete cascade,
  model_id  integer not null references model on delete cascade,
  wanted_at timestamptz not null default now(),
  primary key (image_id, model_id)
);
create index description_wanted_newest on description_wanted (wanted_at desc);
