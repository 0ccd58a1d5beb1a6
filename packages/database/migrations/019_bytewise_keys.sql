-- Works with programs from 008 on.
-- Keys are compared byte by byte: their order means nothing to people, and an index on them stays right when the
-- operating system sorts text another way. Only the indexes on these columns are built again.
do $$
declare
  key record;
  definitions text[] := '{}';
  watch record;
  definition text;
begin
  -- A column cannot be altered while a trigger names it.
  for watch in
    select tgrelid::regclass as "table", tgname as name, pg_get_triggerdef(t.oid) as text
    from pg_trigger t join pg_class c on c.oid = tgrelid
    where c.relnamespace = 'public'::regnamespace and not tgisinternal and tgparentid = 0 and tgattr <> ''::int2vector
  loop
    definitions := definitions || watch.text;
    execute format('drop trigger %I on %s', watch.name, watch."table");
  end loop;

  for key in
    select distinct c.oid::regclass as "table", a.attname as name
    from pg_index x
      join pg_class c on c.oid = x.indrelid
      join pg_attribute a on a.attrelid = c.oid and a.attnum = any (x.indkey)
    where c.relnamespace = 'public'::regnamespace and not c.relispartition
      and a.atttypid = 'text'::regtype and a.attcollation = '"default"'::regcollation
    order by 1, 2
  loop
    execute format('alter table %s alter column %I type text collate "C"', key."table", key.name);
  end loop;

  foreach definition in array definitions loop
    execute definition;
  end loop;
end $$;
