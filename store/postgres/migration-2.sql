-- Migration 2: what programs may use this database. compatible: the least number of
-- migrations that a program must know; functions: the checksum of functions.sql.

ALTER TABLE meta ADD COLUMN compatible int NOT NULL DEFAULT 2;
ALTER TABLE meta ADD COLUMN functions text NOT NULL DEFAULT '';
