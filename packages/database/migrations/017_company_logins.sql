-- Works with programs from 008 on.
-- A session of somebody who logged in with the company's account has no account here: the provider of the login says
-- who it is and in which groups.
alter table console_session
  alter column account drop not null,
  add column name text,
  add column role text check (role in ('viewer', 'operator')),
  add constraint console_session_whose check ((account is null) = (name is not null and role is not null));

-- The secret of the authenticator app, and the last 30 seconds whose code was used: each code works once.
alter table console_account
  add column second_factor text,
  add column second_factor_step bigint;
