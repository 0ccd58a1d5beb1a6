-- What the descriptions of a day's images have cost so far: most are made after the run of the day has ended.
create table description_cost (
  day             date primary key,
  described       bigint not null default 0,
  failed          bigint not null default 0,
  seconds         float8 not null default 0,
  question_tokens bigint not null default 0,
  answer_tokens   bigint not null default 0
);
