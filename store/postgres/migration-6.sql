-- Migration 6: joins whose tokens were revoked, as in SQLite's schema, so that no repetition
-- is taken for a new join. They go with their invitation.

CREATE TABLE revoked_join (
	invite text COLLATE "C" NOT NULL,
	retry bytea NOT NULL,
	usr text COLLATE "C" NOT NULL,
	PRIMARY KEY (invite, retry, usr)
);

-- Roles that may use the invitations may use these.
DO $$
DECLARE
	granted record;
BEGIN
	FOR granted IN SELECT DISTINCT a.grantee, a.privilege_type FROM pg_class c, aclexplode(c.relacl) a
		WHERE c.oid = 'invite'::regclass AND a.grantee <> c.relowner AND a.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE') LOOP
		EXECUTE format('GRANT %s ON revoked_join TO %s', granted.privilege_type,
			CASE granted.grantee WHEN 0 THEN 'PUBLIC' ELSE granted.grantee::regrole::text END);
	END LOOP;
END $$;
