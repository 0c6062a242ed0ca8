DROP TABLE customer_accesses;
