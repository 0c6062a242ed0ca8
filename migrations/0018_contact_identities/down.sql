DROP TRIGGER contacts_copy_address_on_update ON contacts;
DROP TRIGGER contacts_copy_address_on_insert ON contacts;
DROP FUNCTION copy_address_to_identity;
DROP FUNCTION identity_kind;
DROP TABLE contact_identities;
DROP FUNCTION phone_match_key;
