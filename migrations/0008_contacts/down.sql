DROP TABLE customer_accesses;
DROP TABLE contacts;
DROP TABLE people;
