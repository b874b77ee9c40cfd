-- The role and the database of Pocketbook, once, by a superuser on the primary. The
-- password is that of a file, as for --db-password-file, which postgres may read, so that
-- it is seen in no list of processes and in no log:
--
--   sudo -u postgres PASSWORD_FILE=/var/lib/postgresql/db-password psql -f role.sql
--
-- The role may do nothing but use its own database: no superuser, no databases, no roles,
-- no replication. pg_hba of patroni.yml lets it connect to no other one.
\set ON_ERROR_STOP on
\set password `cat "$PASSWORD_FILE"`
SET log_statement = none;
SET log_min_duration_statement = -1;
SET log_min_error_statement = panic;
CREATE ROLE pocketbook LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS
	CONNECTION LIMIT 100 PASSWORD :'password';
CREATE DATABASE pocketbook OWNER pocketbook ENCODING 'UTF8' TEMPLATE template0 LOCALE 'C.UTF-8';
REVOKE ALL ON DATABASE pocketbook FROM PUBLIC;
\connect pocketbook
REVOKE ALL ON SCHEMA public FROM PUBLIC;
