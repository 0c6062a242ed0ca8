DELETE FROM notifications WHERE passed_on_by IS NOT NULL;
ALTER TABLE notifications DROP COLUMN passed_on_by;
