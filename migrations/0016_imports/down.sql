DROP TABLE import_lines;
DROP TABLE import_files;
DROP TABLE imports;
