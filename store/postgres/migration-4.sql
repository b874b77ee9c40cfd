-- Migration 4: invitations, as in SQLite's schema. A token has the id of the invitation that
-- it was made by, and `retry`, by which a repetition of that join is recognized; `used` is
-- when it was last used. Invitations of a second device (`source`) have no grants.

ALTER TABLE token ADD COLUMN note text NOT NULL DEFAULT '';
ALTER TABLE token ADD COLUMN invite text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE token ADD COLUMN retry bytea;
ALTER TABLE token ADD COLUMN used bigint NOT NULL DEFAULT 0;
CREATE INDEX token_usr ON token (usr);
CREATE INDEX token_retry ON token (retry) WHERE retry IS NOT NULL;
CREATE TABLE invite (
	id text COLLATE "C" PRIMARY KEY,
	hash bytea NOT NULL,
	source text COLLATE "C" NOT NULL,
	note text NOT NULL,
	created bigint NOT NULL,
	expires bigint NOT NULL,
	uses bigint NOT NULL,
	used bigint NOT NULL
);
CREATE TABLE invite_grant (
	invite text COLLATE "C" NOT NULL,
	n int NOT NULL,
	grp text COLLATE "C" NOT NULL,
	write boolean NOT NULL,
	PRIMARY KEY (invite, n)
);

-- Roles that may use the tokens may use invitations.
DO $$
DECLARE
	granted record;
BEGIN
	FOR granted IN SELECT DISTINCT a.grantee, a.privilege_type FROM pg_class c, aclexplode(c.relacl) a
		WHERE c.oid = 'token'::regclass AND a.grantee <> c.relowner AND a.privilege_type IN ('SELECT', 'INSERT', 'UPDATE', 'DELETE') LOOP
		EXECUTE format('GRANT %s ON invite, invite_grant TO %s', granted.privilege_type,
			CASE granted.grantee WHEN 0 THEN 'PUBLIC' ELSE granted.grantee::regrole::text END);
	END LOOP;
END $$;
