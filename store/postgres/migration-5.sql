-- Migration 5: a purge finds old versions by their primary key. Servers that know no more
-- than migration 4 read the whole table for a piece of theirs.

DROP INDEX history_ended;
