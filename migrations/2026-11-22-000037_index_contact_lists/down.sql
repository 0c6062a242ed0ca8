DROP INDEX contacts_archived_by_name, contacts_with_person_by_name, contacts_without_person_by_name,
    contacts_of_channel_by_name, contacts_by_phone, contacts_by_email, people_archived_by_name;
