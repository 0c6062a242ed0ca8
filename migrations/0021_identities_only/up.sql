-- A contact's addresses are its identities. contacts.channel_id stays: the contact's first connection.
DROP TRIGGER contacts_copy_address_on_insert ON contacts;
DROP TRIGGER contacts_copy_address_on_update ON contacts;
DROP FUNCTION copy_address_to_identity;

-- The text that a search compares: name, number, e-mail address, and the identities that are none of these. Without the
-- ids of web chats, which nobody searches for.
CREATE FUNCTION contact_search(contact bigint, name text, phone text, email text) RETURNS text LANGUAGE sql STABLE
    RETURN searchable(name || ' ' || phone || ' ' || email || coalesce((
        SELECT string_agg(' ' || i.value, '' ORDER BY i.id) FROM contact_identities i
         WHERE i.contact_id = contact AND i.kind <> 'chat' AND i.value NOT IN (phone, email)), ''));

ALTER TABLE contacts ALTER COLUMN search DROP EXPRESSION;
ALTER TABLE contacts DROP COLUMN address;

CREATE FUNCTION set_contact_search() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.search := contact_search(NEW.id, NEW.name, NEW.phone, NEW.email);
    RETURN NEW;
END $$;

CREATE TRIGGER contacts_set_search BEFORE INSERT OR UPDATE OF name, phone, email ON contacts
    FOR EACH ROW EXECUTE FUNCTION set_contact_search();

CREATE FUNCTION change_search_of_contacts() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed bigint[] := ARRAY[CASE WHEN TG_OP <> 'INSERT' THEN OLD.contact_id END,
                              CASE WHEN TG_OP <> 'DELETE' THEN NEW.contact_id END];
BEGIN
    UPDATE contacts c SET search = contact_search(c.id, c.name, c.phone, c.email)
     WHERE c.id = ANY (changed) AND c.search <> contact_search(c.id, c.name, c.phone, c.email);
    RETURN NULL;
END $$;

CREATE TRIGGER contact_identities_change_search AFTER INSERT OR DELETE OR UPDATE OF contact_id, kind, value
    ON contact_identities FOR EACH ROW EXECUTE FUNCTION change_search_of_contacts();

-- A contact whose connection is a web chat has an identity there. Nobody types it, so the database makes it.
CREATE FUNCTION give_chat_identity() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO contact_identities (contact_id, channel_id, kind, value)
    SELECT NEW.id, ch.id, 'chat', gen_random_uuid()::text FROM channels ch
     WHERE ch.id = NEW.channel_id AND ch.kind = 'web_chat'
       AND NOT EXISTS (SELECT FROM contact_identities i WHERE i.contact_id = NEW.id AND i.channel_id = ch.id);
    RETURN NULL;
END $$;

CREATE TRIGGER contacts_give_chat_identity AFTER INSERT OR UPDATE OF channel_id ON contacts
    FOR EACH ROW EXECUTE FUNCTION give_chat_identity();

-- A message that was sent stays when its address is erased.
ALTER TABLE outbox
    DROP CONSTRAINT outbox_identity_id_fkey,
    ADD CONSTRAINT outbox_identity_id_fkey FOREIGN KEY (identity_id) REFERENCES contact_identities ON DELETE SET NULL;
CREATE INDEX outbox_identity_id ON outbox (identity_id);

-- An import looks on all channels.
CREATE INDEX contact_identities_by_value ON contact_identities (value);
CREATE INDEX contact_identities_by_match_key ON contact_identities (match_key) WHERE match_key IS NOT NULL;
ALTER TABLE contact_identities
    DROP CONSTRAINT contact_identities_contact_id_fkey,
    ADD CONSTRAINT contact_identities_contact_id_fkey FOREIGN KEY (contact_id) REFERENCES contacts ON DELETE CASCADE;

-- A number is found in both spellings of a Brazilian mobile number.
DROP INDEX contacts_by_phone;
CREATE INDEX contacts_by_phone ON contacts (phone_match_key(phone)) WHERE phone <> '';
