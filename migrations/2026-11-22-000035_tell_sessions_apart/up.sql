-- What a list of sessions shows, and by which one of them is ended: the id signs nobody in.
ALTER TABLE sessions
    ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN user_agent text NOT NULL DEFAULT '' CHECK (length(user_agent) <= 300),
    ADD COLUMN ip text NOT NULL DEFAULT '';
CREATE UNIQUE INDEX sessions_id_key ON sessions (id);
