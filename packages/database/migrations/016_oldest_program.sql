-- Works with programs from 008 on.
-- The migrations since 008 were made so that workers of the previous release can run beside them.
update migration set oldest = case when name < '009' then left(name, 3) else '008' end where name < '016';
