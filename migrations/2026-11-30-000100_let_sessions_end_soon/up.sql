-- A session whose token was replaced is good for some seconds more, for what its browser has under way.
ALTER TABLE sessions ADD COLUMN ends_at timestamptz;
