DROP TABLE schedule_history;
