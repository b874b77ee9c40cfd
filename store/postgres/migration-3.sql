-- Migration 3: who wrote a document and when (NULL: not known), and former versions of
-- documents; ended_at: when the version was replaced. Functions have other parameters.

ALTER TABLE doc ADD COLUMN written_at bigint;
ALTER TABLE doc ADD COLUMN written_by text;
CREATE TABLE history (
	gid bigint NOT NULL,
	seq bigint NOT NULL,
	id text COLLATE "C" NOT NULL,
	version bigint NOT NULL,
	deleted_at bigint,
	op bytea NOT NULL,
	plain boolean NOT NULL,
	value text,
	written_at bigint,
	written_by text,
	ended_at bigint NOT NULL,
	PRIMARY KEY (id, version)
);
CREATE INDEX history_ended ON history (ended_at);

DROP FUNCTION IF EXISTS push_edits(bigint, bigint, bigint, bigint, boolean[], int[], int[], text[], text[], bigint[], bytea[],
	boolean[], boolean[], text[]);
DROP FUNCTION IF EXISTS push_counted(text, bigint[], bigint, bigint, bigint, boolean, int[], text[], text[], bigint[], bytea[],
	boolean[], boolean[], text[]);
DROP FUNCTION IF EXISTS push(int[], text[], bigint[], bigint, bigint, bigint, boolean[], int[], int[], text[], text[], bigint[],
	bytea[], boolean[], boolean[], text[]);
DROP FUNCTION IF EXISTS purge(bigint, bigint);

-- Roles that may use the documents may use their history.
DO $$
DECLARE
	granted record;
BEGIN
	FOR granted IN SELECT DISTINCT a.grantee, a.privilege_type FROM pg_class c, aclexplode(c.relacl) a
		WHERE c.oid = 'doc'::regclass AND a.grantee <> c.relowner AND a.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE') LOOP
		EXECUTE format('GRANT %s ON history TO %s', granted.privilege_type,
			CASE granted.grantee WHEN 0 THEN 'PUBLIC' ELSE granted.grantee::regrole::text END);
	END LOOP;
END $$;
