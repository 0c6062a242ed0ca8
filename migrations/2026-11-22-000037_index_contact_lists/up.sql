-- The lists of contacts and people by name, one index for each filter; and whom a number or an e-mail
-- address belongs to.
CREATE INDEX contacts_archived_by_name ON contacts (sort_name, id) WHERE archived_at IS NOT NULL;
CREATE INDEX contacts_with_person_by_name ON contacts (sort_name, id)
    WHERE archived_at IS NULL AND person_id IS NOT NULL;
CREATE INDEX contacts_without_person_by_name ON contacts (sort_name, id)
    WHERE archived_at IS NULL AND person_id IS NULL;
CREATE INDEX contacts_of_channel_by_name ON contacts (channel_id, sort_name, id) WHERE archived_at IS NULL;
CREATE INDEX contacts_by_phone ON contacts (phone) WHERE phone <> '';
CREATE INDEX contacts_by_email ON contacts (email) WHERE email <> '';
CREATE INDEX people_archived_by_name ON people (sort_name, id) WHERE archived_at IS NOT NULL;
