-- Counting what has no vector reads this and the vectors' key side by side, in order, and no table.
create index image_version on image (id) include (key, etag);
-- A day of growth, of all rooms and batches.
create index image_growth_day on image (growth_day, captured_at);
