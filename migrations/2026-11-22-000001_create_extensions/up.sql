-- Scalar equality inside the exclusion constraint that spaces schedules.
CREATE EXTENSION IF NOT EXISTS btree_gist;
