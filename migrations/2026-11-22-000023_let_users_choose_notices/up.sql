-- What the attendant's browser does with a notice while the page is hidden; and the theme of its pages,
-- empty for the system's.
ALTER TABLE users
    ADD COLUMN plays_sound boolean NOT NULL DEFAULT false,
    ADD COLUMN shows_browser_notices boolean NOT NULL DEFAULT false,
    ADD COLUMN theme text NOT NULL DEFAULT '' CHECK (theme IN ('', 'light', 'dark'));
