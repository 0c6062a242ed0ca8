DROP TRIGGER people_change_texts ON people;
DROP TRIGGER contacts_change_texts ON contacts;
DROP TRIGGER contacts_add_texts ON contacts;
DROP FUNCTION change_texts_of_person();
DROP FUNCTION change_contact_texts();
DROP FUNCTION add_contact_texts();
DROP TABLE contact_texts;
