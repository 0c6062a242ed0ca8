ALTER TABLE users DROP COLUMN plays_sound, DROP COLUMN shows_browser_notices, DROP COLUMN theme;
