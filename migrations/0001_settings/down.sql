DROP TABLE retention;
DROP TABLE settings;
