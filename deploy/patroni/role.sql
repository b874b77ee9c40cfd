-- The role and the database of Pocketbook, once, by a superuser on the primary:
-- psql -v password="'...'" -f role.sql
-- The role may do nothing but use its own database: no superuser, no other databases, no
-- roles, no replication. The file of --db-password-file gets the same password.
CREATE ROLE pocketbook LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS
	CONNECTION LIMIT 100 PASSWORD :password;
CREATE DATABASE pocketbook OWNER pocketbook ENCODING 'UTF8' TEMPLATE template0 LOCALE 'C.UTF-8';
REVOKE ALL ON DATABASE pocketbook FROM PUBLIC;
\connect pocketbook
REVOKE ALL ON SCHEMA public FROM PUBLIC;
