-- Who may look at the farm and who may act on it. The account of DASHBOARD_USER is kept in step with the
-- settings at every start; the others are made in the console.
create table console_account (
  name          text primary key,
  role          text not null check (role in ('viewer', 'operator')),
  password_hash text not null,                     -- scrypt, with its parameters
  source        text not null check (source in ('settings', 'console')),
  created_at    timestamptz not null default now()
);

-- Only a hash of the cookie is kept: whoever reads this table can open no session.
create table console_session (
  token_hash bytea primary key,
  account    text not null references console_account on delete cascade,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null
);
create index console_session_account on console_session (account);

create table api_token (
  id           integer generated always as identity primary key,
  name         text not null unique,
  token_hash   bytea not null unique,
  role         text not null check (role in ('viewer', 'operator')),
  created_by   text not null,
  created_at   timestamptz not null default now(),
  last_used_at timestamptz
);

create index audit_recent on audit (id desc) include (actor, action);

-- The gallery over all rooms, newest first.
create index image_time on image (captured_at desc, id desc);
