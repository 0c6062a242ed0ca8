DROP INDEX contacts_by_phone;
CREATE INDEX contacts_by_phone ON contacts (phone) WHERE phone <> '';

ALTER TABLE contact_identities
    DROP CONSTRAINT contact_identities_contact_id_fkey,
    ADD CONSTRAINT contact_identities_contact_id_fkey FOREIGN KEY (contact_id) REFERENCES contacts;
DROP INDEX contact_identities_by_match_key;
DROP INDEX contact_identities_by_value;

DROP INDEX outbox_identity_id;
ALTER TABLE outbox
    DROP CONSTRAINT outbox_identity_id_fkey,
    ADD CONSTRAINT outbox_identity_id_fkey FOREIGN KEY (identity_id) REFERENCES contact_identities;

DROP TRIGGER contacts_give_chat_identity ON contacts;
DROP FUNCTION give_chat_identity;
DROP TRIGGER contact_identities_change_search ON contact_identities;
DROP FUNCTION change_search_of_contacts;
DROP TRIGGER contacts_set_search ON contacts;
DROP FUNCTION set_contact_search;
DROP FUNCTION contact_search;

DROP TRIGGER contacts_change_texts ON contacts;
ALTER TABLE contacts ADD COLUMN address text CHECK (address <> '');
UPDATE contacts c SET address = coalesce(
    (SELECT i.value FROM contact_identities i JOIN channels ch ON ch.id = i.channel_id
      WHERE i.contact_id = c.id AND i.channel_id = c.channel_id AND i.kind = identity_kind(ch.kind)
      ORDER BY i.id LIMIT 1), gen_random_uuid()::text);
ALTER TABLE contacts
    ALTER COLUMN address SET NOT NULL,
    ADD CONSTRAINT contacts_address_key UNIQUE (channel_id, address),
    DROP COLUMN search,
    ADD COLUMN search text NOT NULL GENERATED ALWAYS AS (
        searchable(name || ' ' || phone || ' ' || email || ' '
                   || CASE WHEN address ~ '^[0-9a-f]{8}-[0-9a-f]{4}-' THEN '' ELSE address END)) STORED;
CREATE INDEX contacts_search ON contacts USING gin (search gin_trgm_ops);
CREATE TRIGGER contacts_change_texts AFTER UPDATE ON contacts
    FOR EACH ROW WHEN ((NEW.search, NEW.person_id) IS DISTINCT FROM (OLD.search, OLD.person_id))
    EXECUTE FUNCTION change_texts_of_contact();

CREATE FUNCTION copy_address_to_identity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        DELETE FROM contact_identities
         WHERE contact_id = OLD.id AND channel_id = OLD.channel_id AND value = OLD.address;
    END IF;
    INSERT INTO contact_identities (contact_id, channel_id, kind, value)
    SELECT NEW.id, NEW.channel_id, identity_kind(ch.kind), NEW.address FROM channels ch WHERE ch.id = NEW.channel_id;
    RETURN NULL;
END $$;

CREATE TRIGGER contacts_copy_address_on_insert AFTER INSERT ON contacts
    FOR EACH ROW EXECUTE FUNCTION copy_address_to_identity();
CREATE TRIGGER contacts_copy_address_on_update AFTER UPDATE OF channel_id, address ON contacts
    FOR EACH ROW WHEN ((NEW.channel_id, NEW.address) IS DISTINCT FROM (OLD.channel_id, OLD.address))
    EXECUTE FUNCTION copy_address_to_identity();
