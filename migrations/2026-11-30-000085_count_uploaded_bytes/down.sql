DROP TABLE upload_volumes;
