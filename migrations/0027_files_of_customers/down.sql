DROP TABLE customer_upload_volumes;
