ALTER TABLE retention DROP COLUMN history_gone_before, DROP COLUMN history_months;
