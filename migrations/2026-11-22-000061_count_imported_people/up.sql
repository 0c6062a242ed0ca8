-- Whom an import will make: people named by lines of new contacts, and those named only by lines of known
-- contacts, who are made if these are changed.
ALTER TABLE imports
    ADD COLUMN new_people integer NOT NULL DEFAULT 0,
    ADD COLUMN new_people_of_known integer NOT NULL DEFAULT 0;
