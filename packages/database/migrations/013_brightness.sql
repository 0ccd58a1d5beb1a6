-- The mean luminance of the picture, 0 (black) to 1 (white), measured when it is embedded. Null before that, and for
-- pictures that were embedded by an earlier release.
alter table image add brightness real check (brightness between 0 and 1);
