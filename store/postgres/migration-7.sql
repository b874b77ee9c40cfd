-- Migration 7: the rules of `serve --history`, for commands, which write without a server
-- (store_keep_history). Roles that may write documents may write them.

ALTER TABLE meta ADD COLUMN history text COLLATE "C" NOT NULL DEFAULT '';
DO $$
DECLARE
	granted record;
BEGIN
	FOR granted IN SELECT DISTINCT a.grantee FROM pg_class c, aclexplode(c.relacl) a
		WHERE c.oid = 'doc'::regclass AND a.grantee <> c.relowner AND a.privilege_type = 'UPDATE' LOOP
		EXECUTE format('GRANT UPDATE (history) ON meta TO %s',
			CASE granted.grantee WHEN 0 THEN 'PUBLIC' ELSE granted.grantee::regrole::text END);
	END LOOP;
END $$;
