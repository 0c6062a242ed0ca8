-- The event ChoicesChanged of live/event.rs: what the selects of every list offer is another.
CREATE FUNCTION announce_changed_choices() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('pontual_live', '"choices_changed"');
    RETURN NULL;
END $$;
CREATE TRIGGER users_announce_choices AFTER INSERT OR DELETE OR UPDATE OF name, deactivated_at ON users
    FOR EACH STATEMENT EXECUTE FUNCTION announce_changed_choices();
CREATE TRIGGER departments_announce_choices AFTER INSERT OR DELETE OR UPDATE ON departments
    FOR EACH STATEMENT EXECUTE FUNCTION announce_changed_choices();
