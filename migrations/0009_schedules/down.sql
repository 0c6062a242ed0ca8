DROP TABLE schedule_history;
DROP TABLE schedules;
DROP FUNCTION wake_the_dispatcher_now;
DROP FUNCTION wake_the_dispatcher;
DROP FUNCTION refuse_anonymised_contact;
DROP FUNCTION keep_final_schedule;
DROP FUNCTION spacing_key;
DROP EXTENSION btree_gist;
