-- The functions of the PostgreSQL back end, on the tables of the migrations. migrate.c
-- runs all of this whenever it has changed, in one transaction, in the schema
-- `pocketbook`, which is the search path.
--
-- Servers of the version before may still run (migrate.h). So a function that gets other
-- parameters or another result is a new one: PostgreSQL keeps several of a name that
-- differ in the types of their parameters. A later migration drops the old one.
--
-- Order. A commit draws its sequence numbers under an advisory lock of the transaction,
-- the lock of its lane, and appends a row to `change`. The head is the last of these
-- rows: no row is updated by every commit, as its dead versions would slow all commits
-- down while any session holds an old snapshot. Everything that appends to `change` begins
-- with take(), and takes no other lock before it. It is one call in a transaction of its
-- own: a client that is stopped between two statements would hold the lock.
--
-- Lanes. A group belongs to the lane that the hash of its outermost group selects
-- (lane.c), and each lane has its own lock and its own sequence. Their number is fixed
-- when the database is made. With several, a push does not notify: that takes a lock of
-- the whole cluster until the end of the transaction, and one lane would wait for the
-- disk of another. The host notifies afterwards (follow.c).
--
-- Epochs. The row of `alive` is unlogged: a crash, a promotion and a restored backup
-- empty it, and a loaded dump has another system identifier. The next commit then begins
-- a new epoch, at the heads that exist. Epochs form a lineage: a cursor of an earlier
-- one can be continued if it lies before the start of every later one.

-- ---- Lanes and epochs ----

-- 7216171 is the first key of all advisory locks of Pocketbook; the second is 0 for
-- migrations, 100 and more for lanes, and 99 for accounts, which pushes of all lanes
-- share. It is taken after the lanes, so that there is no deadlock. 98 is for daily
-- purges, and no session waits for it.
CREATE OR REPLACE FUNCTION lock_lane(p_lane int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_advisory_xact_lock(7216171, 100 + p_lane);
END $$;

-- Begins a new epoch if that of `alive` is gone or is another system's, or if p_force.
-- Returns the current one.
CREATE OR REPLACE FUNCTION epoch_check(p_why text, p_force boolean) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
	current_epoch bigint;
	this_system bigint := (SELECT system_identifier FROM pg_control_system());
BEGIN
	SELECT a.epoch INTO current_epoch FROM alive a WHERE a.system = this_system;
	IF FOUND AND NOT p_force THEN
		RETURN current_epoch;
	END IF;
	FOR l IN 0 .. (SELECT lanes - 1 FROM meta) LOOP
		PERFORM lock_lane(l);
	END LOOP;
	-- Another session may have begun it meanwhile.
	SELECT a.epoch INTO current_epoch FROM alive a WHERE a.system = this_system;
	IF FOUND AND NOT p_force THEN
		RETURN current_epoch;
	END IF;
	DELETE FROM alive;
	-- 60 random bits, and four that are not all zero.
	current_epoch := ('x' || left(replace(gen_random_uuid()::text, '-', ''), 16))::bit(64)::bigint;
	INSERT INTO epoch (n, epoch, starts, system, why)
	SELECT coalesce((SELECT max(e.n) FROM epoch e), 0) + 1, current_epoch,
		ARRAY(SELECT coalesce((SELECT c.seq FROM change c WHERE c.lane = l ORDER BY c.entry DESC LIMIT 1), 0)
			FROM generate_series(0, (SELECT lanes - 1 FROM meta)) l ORDER BY l),
		this_system, p_why;
	INSERT INTO alive (epoch, system) VALUES (current_epoch, this_system);
	PERFORM pg_notify('pocketbook', 'epoch');
	RETURN current_epoch;
END $$;

-- Makes the commit of a transaction wait for the synchronous standby even if it writes
-- nothing. What it reports may be on this machine only: a session that ends while it waits
-- for the standby, or a crash, leaves a commit that is visible and was not acknowledged. A
-- repeated request is the one that acknowledges it.
CREATE OR REPLACE FUNCTION await_standby() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_logical_emit_message(true, 'pocketbook', '');
END $$;

-- Takes the lanes (0 ..., ascending, none twice). Only a crash empties `alive`, which
-- also ends this session; so it may be looked at before the lock.
CREATE OR REPLACE FUNCTION take(p_lanes int[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	l int;
BEGIN
	IF NOT EXISTS (SELECT 1 FROM alive) THEN
		PERFORM epoch_check('recovery', false);
	END IF;
	FOREACH l IN ARRAY p_lanes LOOP
		PERFORM pg_advisory_xact_lock(7216171, 100 + l);
	END LOOP;
	PERFORM await_standby();
END $$;

-- The epoch of readers, who may not read an unlogged table on a standby.
CREATE OR REPLACE FUNCTION epoch_now() RETURNS bigint LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN (SELECT e.epoch FROM epoch e ORDER BY e.n DESC LIMIT 1);
END $$;

-- Whether number p_seq of a lane in epoch p_epoch means the same in the current epoch.
CREATE OR REPLACE FUNCTION epoch_follows(p_lane int, p_epoch bigint, p_seq bigint) RETURNS boolean LANGUAGE plpgsql STABLE AS $$
BEGIN
	RETURN coalesce((SELECT p_seq <= coalesce((SELECT min(later.starts[p_lane + 1]) FROM epoch later WHERE later.n > e.n),
			9223372036854775807)
		FROM epoch e WHERE e.epoch = p_epoch), false);
END $$;

-- ---- Pushes ----

-- Applies the edits of some requests, of which no two share an id, in lanes that are
-- taken. p_atomic: by request; the arrays after it: by edit, in the order of the
-- requests. What is written counts for p_account, unless that is 0. A row for each edit:
-- verdict 0 written, 1 kept, 2 conflict, 3 skipped, 4 put off (the conflicts of earlier
-- requests take p_budget bytes), 5 the values of the request's conflicts are too large
-- (p_most). Values of conflicts are read afterwards: rows are sent before the commit, and
-- a client that does not read them would hold the lane. p_by, p_at: who writes, and when.
-- p_keep: how many former versions are kept of the document; empty: none of any. Some
-- writes remove a few at most that are too many then; with the sign turned, the version
-- that is replaced ended at p_at, and not now. A negative p_base is that of an
-- import: the version to be written, with the sign turned.
--
-- Most of the time goes into this. The rows of a statement have few and short columns,
-- and texts are taken from the parameters by index, where they are needed: each sort,
-- window and CTE copies its rows. Statements for what is rare (conflicts, new groups,
-- changes, history, quotas) are left out if there is none of it, as starting one costs as
-- much as some edits do.
CREATE OR REPLACE FUNCTION push_edits(p_account bigint, p_wall bigint, p_budget bigint, p_most bigint, p_atomic boolean[],
	p_request int[], p_lane int[], p_group text[], p_id text[], p_base bigint[], p_op bytea[], p_deleted boolean[],
	p_plain boolean[], p_value text[], p_by text[], p_at bigint[], p_keep bigint[])
RETURNS TABLE (verdict int, version bigint, seq bigint, deleted boolean) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	edits int := coalesce(array_length(p_id, 1), 0);
	is_one_lane boolean := p_lane[1] = ALL (p_lane);
	l int;
	head bigint;
	heads bigint[] := '{}';
	verdicts int[];
	numbers bigint[];
	new_groups bigint := 0;
	-- Of the group, if all edits are in the same one.
	gid_of_all bigint := CASE WHEN p_group[1] = ALL (p_group) THEN (SELECT g.gid FROM grp g WHERE g.name = p_group[1]) END;
	-- What there is, by edit: NULL or 0 if there is nothing.
	gids bigint[];
	tids tid[];
	versions bigint[];
	were_deleted boolean[];
	sizes int[];
	accounts bigint[];
	charges bigint[];
	has_conflicts boolean;
	has_groups boolean;
	has_added boolean;
	has_changed boolean;
	has_accounts boolean;
BEGIN
	IF edits = 0 THEN
		RETURN;
	END IF;
	SELECT array_agg(h.verdict), array_agg(h.gid), array_agg(h.tid), array_agg(h.version), array_agg(h.deleted),
		array_agg(h.size), array_agg(h.account), array_agg(h.charge), bool_or(h.verdict = 2), bool_or(h.gid IS NULL),
		bool_or(h.tid IS NULL), bool_or(h.verdict = 0 AND h.tid IS NOT NULL), p_account <> 0 OR bool_or(h.account <> 0)
	INTO verdicts, gids, tids, versions, were_deleted, sizes, accounts, charges, has_conflicts, has_groups, has_added,
		has_changed, has_accounts
	FROM (
		SELECT coalesce(gid_of_all, g.gid) AS gid, d.tid, d.version, coalesce(d.deleted, true) AS deleted, d.size, d.account,
			d.charge,
			-- rules_edit() of store/rules.c
			CASE WHEN d.version IS NOT NULL AND p_op[i] <> '' AND p_op[i] = d.op THEN 1
				WHEN -p_base[i] > coalesce(d.version, 0) THEN 0
				WHEN p_deleted[i] AND coalesce(d.deleted, true) THEN 1
				WHEN d.version >= 9007199254740990 THEN 2 -- STORE_VERSION_MAX
				WHEN p_base[i] = coalesce(d.version, 0) OR (p_base[i] = 0 AND d.deleted) THEN 0
				ELSE 2 END AS verdict
		FROM generate_series(1, edits) i
		-- LIMIT: the planner must probe the indexes, also if its statistics advise against it.
		LEFT JOIN LATERAL (SELECT gid FROM grp WHERE gid_of_all IS NULL AND name = p_group[i] LIMIT 1) g ON true
		LEFT JOIN LATERAL (SELECT x.ctid AS tid, x.version, x.deleted_at IS NOT NULL AS deleted, x.op,
			octet_length(x.value) AS size, x.account, x.charge FROM doc x WHERE x.id = p_id[i] LIMIT 1) d ON true
		ORDER BY i
	) h;
	IF has_conflicts THEN
		verdicts := ARRAY(
			WITH answered AS (
				SELECT i, p_request[i] AS request, verdicts[i] AS verdict,
					CASE WHEN verdicts[i] = 2 AND NOT were_deleted[i] THEN sizes[i] ELSE 0 END AS answer
				FROM generate_series(1, edits) i
			), counted AS (
				SELECT *, sum(answer) OVER r AS request_answer, count(*) FILTER (WHERE answer > 0) OVER r AS answers,
					bool_or(verdict = 2 AND p_atomic[request]) OVER r AS blocked,
					coalesce(sum(answer) OVER (ORDER BY request GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
				FROM answered WINDOW r AS (PARTITION BY request)
			)
			SELECT CASE WHEN before >= p_budget THEN 4
				WHEN request_answer > p_most AND answers > 1 THEN 5
				WHEN verdict = 0 AND blocked THEN 3 ELSE verdict END
			FROM counted ORDER BY i);
	ELSIF p_budget <= 0 THEN
		verdicts := array_fill(4, ARRAY[edits]);
	END IF;
	IF is_one_lane THEN
		SELECT c.seq INTO head FROM change c WHERE c.lane = p_lane[1] ORDER BY c.entry DESC LIMIT 1;
		heads[p_lane[1] + 1] := head;
	ELSE
		FOR l IN SELECT DISTINCT x FROM unnest(p_lane) x LOOP
			heads[l + 1] := (SELECT c.seq FROM change c WHERE c.lane = l ORDER BY c.entry DESC LIMIT 1);
		END LOOP;
	END IF;
	IF is_one_lane AND 0 = ALL (verdicts) THEN
		numbers := ARRAY(SELECT head + i FROM generate_series(1, edits) i);
	ELSE
		numbers := ARRAY(SELECT heads[p_lane[i] + 1] + count(*) FILTER (WHERE verdicts[i] = 0)
				OVER (PARTITION BY p_lane[i] ORDER BY i ROWS UNBOUNDED PRECEDING)
			FROM generate_series(1, edits) i ORDER BY i);
	END IF;
	IF has_groups THEN
		INSERT INTO grp (name, lane, account) SELECT DISTINCT p_group[i], p_lane[i], p_account
		FROM generate_series(1, edits) i WHERE verdicts[i] = 0 AND gids[i] IS NULL;
		GET DIAGNOSTICS new_groups = ROW_COUNT;
	END IF;
	IF has_added THEN
		INSERT INTO doc (gid, seq, id, version, deleted_at, op, plain, value, written_at, written_by, account, charge)
		SELECT coalesce(gids[i], (SELECT g.gid FROM grp g WHERE g.name = p_group[i])), numbers[i], p_id[i], greatest(1, -p_base[i]),
			CASE WHEN p_deleted[i] THEN p_wall END, p_op[i], p_plain[i], CASE WHEN NOT p_deleted[i] THEN p_value[i] END,
			p_at[i], p_by[i], CASE WHEN p_deleted[i] THEN 0 ELSE p_account END,
			CASE WHEN p_deleted[i] OR p_account = 0 THEN 0 ELSE octet_length(p_id[i]) + octet_length(p_value[i]) END
		FROM generate_series(1, edits) i WHERE verdicts[i] = 0 AND tids[i] IS NULL;
	END IF;
	IF has_changed AND array_length(p_keep, 1) IS NOT NULL THEN
		INSERT INTO history (gid, seq, id, version, deleted_at, op, plain, value, written_at, written_by, ended_at)
		SELECT d.gid, d.seq, d.id, d.version, d.deleted_at, d.op, d.plain, d.value, d.written_at, d.written_by,
			CASE WHEN p_keep[i] < 0 THEN p_at[i] ELSE p_wall END
		FROM generate_series(1, edits) i JOIN doc d ON d.ctid = tids[i]
		WHERE verdicts[i] = 0 AND p_keep[i] <> 0
		ON CONFLICT DO NOTHING;
		DELETE FROM history h WHERE h.ctid = ANY (ARRAY(SELECT x.ctid FROM generate_series(1, edits) i
			CROSS JOIN LATERAL (SELECT y.ctid FROM history y WHERE y.id = p_id[i] AND y.version <= versions[i] - abs(p_keep[i])
				ORDER BY y.version LIMIT 32) x
			-- history_is_due() of store/history.c
			WHERE verdicts[i] = 0 AND abs(p_keep[i]) > 0 AND versions[i] > abs(p_keep[i]) AND (abs(p_keep[i]) < 8
				OR versions[i] / least(abs(p_keep[i]) / 4, 16)
					<> greatest(versions[i] + 1, -p_base[i]) / least(abs(p_keep[i]) / 4, 16))));
	END IF;
	IF has_changed THEN
		UPDATE doc d SET seq = numbers[i], version = greatest(versions[i] + 1, -p_base[i]),
			deleted_at = CASE WHEN p_deleted[i] THEN p_wall END, op = p_op[i], plain = p_plain[i],
			value = CASE WHEN NOT p_deleted[i] THEN p_value[i] END, written_at = p_at[i], written_by = p_by[i],
			account = CASE WHEN p_deleted[i] THEN 0 ELSE p_account END,
			charge = CASE WHEN p_deleted[i] OR p_account = 0 THEN 0 ELSE octet_length(p_id[i]) + octet_length(p_value[i]) END
		FROM generate_series(1, edits) i WHERE verdicts[i] = 0 AND d.ctid = tids[i];
	END IF;
	IF has_accounts THEN
		UPDATE account a SET bytes = a.bytes + g.bytes, documents = a.documents + g.documents, groups = a.groups + g.groups
		FROM (SELECT x.account, sum(x.bytes) AS bytes, sum(x.documents) AS documents, sum(x.groups) AS groups FROM (
				SELECT accounts[i] AS account, -charges[i] AS bytes, -1 AS documents, 0 AS groups
				FROM generate_series(1, edits) i WHERE verdicts[i] = 0 AND accounts[i] <> 0
				UNION ALL SELECT p_account, octet_length(p_id[i]) + octet_length(p_value[i]), 1, 0
				FROM generate_series(1, edits) i WHERE verdicts[i] = 0 AND p_account <> 0 AND NOT p_deleted[i]
				UNION ALL SELECT p_account, 0, 0, new_groups WHERE p_account <> 0) x
			GROUP BY x.account) g
		WHERE a.account = g.account;
	END IF;
	INSERT INTO change (lane, entry, seq, documents, tombstones, horizon, groups, seqs)
	SELECT c.lane, c.entry + 1, b.last, c.documents + b.documents, c.tombstones + b.tombstones, c.horizon,
		b.groups, b.seqs
	FROM (SELECT x.lane, max(x.last) AS last, sum(x.documents) AS documents, sum(x.tombstones) AS tombstones,
			array_agg(x.grp ORDER BY x.last) AS groups, array_agg(x.last ORDER BY x.last) AS seqs
		FROM (SELECT p_lane[i] AS lane, p_group[i] AS grp, max(numbers[i]) AS last,
				count(*) FILTER (WHERE NOT p_deleted[i]) - count(*) FILTER (WHERE NOT were_deleted[i]) AS documents,
				count(*) FILTER (WHERE p_deleted[i]) - count(*) FILTER (WHERE tids[i] IS NOT NULL AND were_deleted[i]) AS tombstones
			FROM generate_series(1, edits) i WHERE verdicts[i] = 0 GROUP BY p_lane[i], p_group[i]) x
		GROUP BY x.lane) b
	CROSS JOIN LATERAL (SELECT * FROM change x WHERE x.lane = b.lane ORDER BY x.entry DESC LIMIT 1) c;
	IF FOUND THEN
		PERFORM pg_notify('pocketbook', 'push') FROM meta WHERE lanes = 1;
	ELSIF 1 = ANY (verdicts) THEN
		PERFORM await_standby();
	END IF;
	RETURN QUERY SELECT verdicts[i],
		CASE WHEN verdicts[i] = 0 THEN greatest(coalesce(versions[i], 0) + 1, -p_base[i]) ELSE coalesce(versions[i], 0) END,
		CASE WHEN verdicts[i] = 0 THEN numbers[i] ELSE 0 END, were_deleted[i]
	FROM generate_series(1, edits) i;
END $$;

-- Applies the edits of a round, in lanes that are taken, if each makes a document that does
-- not exist. This is what many edits at a time usually do, and it needs none of the passes
-- of push_edits over what there is. In each lane they have the numbers behind its head, in
-- their order. The parameters are those of push_round. False: there are other edits, and
-- nothing was done.
CREATE OR REPLACE FUNCTION push_new(p_lane int[], p_group text[], p_id text[], p_base bigint[], p_op bytea[], p_deleted boolean[],
	p_plain boolean[], p_value text[], p_by text[], p_at bigint[])
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	edits int := array_length(p_id, 1);
	last change;
	-- NULL: these differ
	head bigint;
	gid_of_all bigint;
	base bigint := CASE WHEN array_length(p_base, 1) = 1 THEN p_base[1] END;
	op bytea := CASE WHEN array_length(p_op, 1) = 1 THEN p_op[1] END;
	plain boolean := CASE WHEN array_length(p_plain, 1) = 1 THEN p_plain[1] END;
	value text := CASE WHEN array_length(p_value, 1) = 1 THEN p_value[1] END;
	written_at bigint := CASE WHEN array_length(p_at, 1) = 1 THEN p_at[1] END;
	written_by text := CASE WHEN array_length(p_by, 1) = 1 THEN p_by[1] END;
	-- by edit, in that case
	gids bigint[];
	numbers bigint[];
BEGIN
	IF edits IS NULL OR 0 < ANY (p_base) OR true = ANY (p_deleted) OR EXISTS (SELECT FROM doc d WHERE d.id = ANY (p_id)) THEN
		RETURN false;
	END IF;
	IF array_length(p_lane, 1) = 1 AND array_length(p_group, 1) = 1 THEN
		gid_of_all := (SELECT g.gid FROM grp g WHERE g.name = p_group[1]);
		IF gid_of_all IS NULL THEN
			INSERT INTO grp (name, lane) VALUES (p_group[1], p_lane[1]) RETURNING gid INTO gid_of_all;
		END IF;
		SELECT * INTO last FROM change c WHERE c.lane = p_lane[1] ORDER BY c.entry DESC LIMIT 1;
		head := last.seq;
		INSERT INTO change (lane, entry, seq, documents, tombstones, horizon, groups, seqs)
		VALUES (last.lane, last.entry + 1, head + edits, last.documents + edits, last.tombstones, last.horizon, p_group,
			ARRAY[head + edits]);
	ELSE
		p_lane := spread(p_lane, edits);
		p_group := spread(p_group, edits);
		INSERT INTO grp (name, lane) SELECT DISTINCT p_group[i], p_lane[i] FROM generate_series(1, edits) i
		WHERE NOT EXISTS (SELECT FROM grp g WHERE g.name = p_group[i]);
		gids := ARRAY(SELECT (SELECT g.gid FROM grp g WHERE g.name = p_group[i]) FROM generate_series(1, edits) i);
		numbers := ARRAY(SELECT (SELECT c.seq FROM change c WHERE c.lane = x.lane ORDER BY c.entry DESC LIMIT 1) + x.n
			FROM (SELECT i, p_lane[i] AS lane, row_number() OVER (PARTITION BY p_lane[i] ORDER BY i) AS n
				FROM generate_series(1, edits) i) x
			ORDER BY x.i);
		INSERT INTO change (lane, entry, seq, documents, tombstones, horizon, groups, seqs)
		SELECT c.lane, c.entry + 1, b.last, c.documents + b.documents, c.tombstones, c.horizon, b.groups, b.seqs
		FROM (SELECT x.lane, max(x.last) AS last, sum(x.documents) AS documents, array_agg(x.grp ORDER BY x.last) AS groups,
				array_agg(x.last ORDER BY x.last) AS seqs
			FROM (SELECT p_lane[i] AS lane, p_group[i] AS grp, max(numbers[i]) AS last, count(*) AS documents
				FROM generate_series(1, edits) i GROUP BY p_lane[i], p_group[i]) x
			GROUP BY x.lane) b
		CROSS JOIN LATERAL (SELECT * FROM change x WHERE x.lane = b.lane ORDER BY x.entry DESC LIMIT 1) c;
	END IF;
	INSERT INTO doc (gid, seq, id, version, op, plain, value, written_at, written_by)
	SELECT coalesce(gid_of_all, gids[i]), coalesce(head + i, numbers[i]), p_id[i], greatest(1, -coalesce(base, p_base[i])),
		coalesce(op, p_op[i]), coalesce(plain, p_plain[i]), coalesce(value, p_value[i]), coalesce(written_at, p_at[i]),
		coalesce(written_by, p_by[i])
	FROM generate_series(1, edits) i;
	PERFORM pg_notify('pocketbook', 'push') FROM meta WHERE lanes = 1;
	RETURN true;
END $$;

-- An array with an element for each edit; with one, all edits have that.
CREATE OR REPLACE FUNCTION spread(p_of anyarray, p_edits int) RETURNS anyarray LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
	RETURN CASE WHEN array_length(p_of, 1) < p_edits THEN array_fill(p_of[1], ARRAY[p_edits]) ELSE p_of END;
END $$;

-- Whether a limit applies to stored data, or ever did. p_quota: the server's own limits.
CREATE OR REPLACE FUNCTION has_quotas(p_quota bigint[]) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
	RETURN greatest(p_quota[1], p_quota[2], p_quota[3]) > 0 OR EXISTS (SELECT 1 FROM account)
		OR EXISTS (SELECT 1 FROM token WHERE quota_bytes IS NOT NULL OR quota_documents IS NOT NULL OR quota_groups IS NOT NULL);
END $$;

-- One request that counts for the user of the token p_payer, or for no user if that is
-- empty. It is done, and undone if what the user has then exceeds a limit: verdict 6 to 8
-- for bytes, documents and groups, with the limit as version. 9: there is no such token.
CREATE OR REPLACE FUNCTION push_counted(p_payer text, p_quota bigint[], p_wall bigint, p_budget bigint, p_most bigint,
	p_atomic boolean, p_lane int[], p_group text[], p_id text[], p_base bigint[], p_op bytea[], p_deleted boolean[],
	p_plain boolean[], p_value text[], p_by text[], p_at bigint[], p_keep bigint[])
RETURNS TABLE (verdict int, version bigint, seq bigint, deleted boolean) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	edits int := coalesce(array_length(p_id, 1), 0);
	limits bigint[];
	payer text;
	before account;
	after account;
	over int := 0;
	rows push_row[];
BEGIN
	IF left(p_payer, 1) IN ('*', '=') THEN
		payer := substr(p_payer, 2);
		limits := p_quota[1:3];
	ELSIF p_payer <> '' THEN
		SELECT t.usr, ARRAY[coalesce(t.quota_bytes, p_quota[1]), coalesce(t.quota_documents, p_quota[2]),
			coalesce(t.quota_groups, p_quota[3])] INTO payer, limits FROM token t WHERE t.id = p_payer;
		IF NOT FOUND THEN
			RETURN QUERY SELECT 9, 0::bigint, 0::bigint, false FROM generate_series(1, edits);
			RETURN;
		END IF;
	END IF;
	SELECT * INTO before FROM account a WHERE a.usr = payer;
	BEGIN
		IF before.account IS NULL AND greatest(limits[1], limits[2], limits[3]) > 0 THEN
			INSERT INTO account (usr) VALUES (payer) RETURNING * INTO before;
		END IF;
		rows := ARRAY(SELECT (e.verdict, e.version, e.seq, e.deleted)::push_row FROM push_edits(coalesce(before.account, 0),
			p_wall, p_budget, p_most, ARRAY[p_atomic], array_fill(1, ARRAY[edits]), p_lane, p_group, p_id, p_base, p_op,
			p_deleted, p_plain, p_value, p_by, p_at, p_keep) e);
		SELECT * INTO after FROM account a WHERE a.account = before.account;
		over := CASE WHEN limits[1] > 0 AND after.bytes > limits[1] AND after.bytes > before.bytes THEN 1
			WHEN limits[2] > 0 AND after.documents > limits[2] AND after.documents > before.documents THEN 2
			WHEN limits[3] > 0 AND after.groups > limits[3] AND after.groups > before.groups THEN 3
			ELSE 0 END;
		IF over > 0 THEN
			RAISE EXCEPTION 'over quota' USING ERRCODE = 'PBQ01';
		END IF;
	EXCEPTION WHEN SQLSTATE 'PBQ01' THEN
		NULL;
	END;
	IF over > 0 THEN
		RETURN QUERY SELECT 5 + over, limits[over], 0::bigint, false FROM generate_series(1, edits);
	ELSE
		RETURN QUERY SELECT e.verdict, e.version, e.seq, e.deleted FROM unnest(rows) e;
	END IF;
END $$;

-- A round of pushes, as in push_edits, with the payer of each request, and the number of
-- its edits. Of the arrays by edit, those with one element have it for all edits, and p_keep
-- may be empty. The rows of the edits are followed by one with verdict -2, the wait for the
-- lanes in microseconds as version, and one for each lane with verdict -1: the epoch as
-- version, the head as seq. One row with verdict -3 stands for those of all edits if push_new
-- has written them. p_is_new: it does that or nothing, and then returns one row, with verdict
-- -4, as the rows of large rounds do not fit into the buffers of a connection.
CREATE OR REPLACE FUNCTION push_round(p_lanes int[], p_payer text[], p_quota bigint[], p_wall bigint, p_budget bigint,
	p_most bigint, p_atomic boolean[], p_edits int[], p_lane int[], p_group text[], p_id text[], p_base bigint[], p_op bytea[],
	p_deleted boolean[], p_plain boolean[], p_value text[], p_by text[], p_at bigint[], p_keep bigint[], p_is_new boolean)
RETURNS TABLE (verdict int, version bigint, seq bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	f int;
	l int := 0;
	edits int := array_length(p_id, 1);
	budget bigint := p_budget;
	rows push_row[];
	counts boolean;
	began timestamptz := clock_timestamp();
	waited bigint;
BEGIN
	PERFORM take(p_lanes);
	waited := extract(epoch FROM clock_timestamp() - began) * 1000000;
	counts := has_quotas(p_quota);
	IF NOT counts AND p_budget > 0 AND push_new(p_lane, p_group, p_id, p_base, p_op, p_deleted, p_plain, p_value, p_by, p_at) THEN
		RETURN QUERY SELECT -3, 0::bigint, 0::bigint
			UNION ALL SELECT -2, waited, 0
			UNION ALL SELECT -1, a.epoch, (SELECT c.seq FROM change c WHERE c.lane = x ORDER BY c.entry DESC LIMIT 1)
			FROM alive a, unnest(p_lanes) x;
		RETURN;
	END IF;
	IF p_is_new THEN
		RETURN QUERY SELECT -4, 0::bigint, 0::bigint;
		RETURN;
	END IF;
	p_lane := spread(p_lane, edits);
	p_group := spread(p_group, edits);
	p_base := spread(p_base, edits);
	p_op := spread(p_op, edits);
	p_deleted := spread(p_deleted, edits);
	p_plain := spread(p_plain, edits);
	p_value := spread(p_value, edits);
	p_by := spread(p_by, edits);
	p_at := spread(p_at, edits);
	p_keep := spread(p_keep, edits);
	IF counts AND (SELECT lanes > 1 FROM meta) THEN
		PERFORM pg_advisory_xact_lock(7216171, 99);
	END IF;
	IF NOT counts OR array_length(p_payer, 1) IS NULL THEN
		RETURN QUERY SELECT e.verdict, e.version, e.seq FROM push_edits(0, p_wall, p_budget, p_most, p_atomic,
			ARRAY(SELECT r FROM generate_subscripts(p_edits, 1) r CROSS JOIN LATERAL generate_series(1, p_edits[r]) ORDER BY r),
			p_lane, p_group, p_id, p_base, p_op, p_deleted, p_plain, p_value, p_by, p_at, p_keep) e;
	ELSE
		-- One after the other: whether one fits depends on those before it.
		FOR r IN 1 .. array_length(p_payer, 1) LOOP
			f := l + 1;
			l := l + p_edits[r];
			CONTINUE WHEN l < f;
			IF budget <= 0 THEN
				RETURN QUERY SELECT 4, 0::bigint, 0::bigint FROM generate_series(f, l);
				CONTINUE;
			END IF;
			rows := ARRAY(SELECT (e.verdict, e.version, e.seq, e.deleted)::push_row FROM push_counted(p_payer[r], p_quota,
				p_wall, budget, p_most, p_atomic[r], p_lane[f:l], p_group[f:l], p_id[f:l], p_base[f:l], p_op[f:l],
				p_deleted[f:l], p_plain[f:l], p_value[f:l], p_by[f:l], p_at[f:l], p_keep[f:l]) e);
			RETURN QUERY SELECT e.verdict, e.version, e.seq FROM unnest(rows) e;
			budget := budget - coalesce((SELECT sum(octet_length(d.value))
				FROM unnest(rows) WITH ORDINALITY e (verdict, version, seq, deleted, n)
				JOIN doc d ON d.id = p_id[f + n - 1] WHERE e.verdict = 2), 0);
		END LOOP;
	END IF;
	RETURN QUERY SELECT -2, waited, 0::bigint
		UNION ALL SELECT -1, a.epoch, (SELECT c.seq FROM change c WHERE c.lane = x ORDER BY c.entry DESC LIMIT 1)
		FROM alive a, unnest(p_lanes) x;
END $$;

-- ---- Purges ----

-- A piece of a walk through the versions in the order of the primary key, from behind
-- (p_id, p_version). Removes those that were replaced before the time of the longest of
-- p_prefixes that their id begins with, of p_times; 0: none. The versions of a document
-- become older one after the other, so that the first one that stays ends the walk through
-- its document; if none can be removed, it goes on where a prefix begins or ends. Looks at
-- p_limit versions, and returns how many these were and the last one, or fewer: the walk
-- has ended. The indexes are used whatever the statistics say, as the work of a piece must
-- not depend on the number of versions that stay.
CREATE OR REPLACE FUNCTION prune(p_prefixes text[], p_times bigint[], p_id text, p_version bigint, p_limit bigint)
RETURNS TABLE (pruned bigint, looked bigint, id text, version bigint) LANGUAGE sql
SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off AS $$
	WITH RECURSIVE walk AS (
		SELECT 0::bigint AS n, p_id COLLATE "C" AS from_id, p_version AS from_version, p_id COLLATE "C" AS id,
			p_version AS version, NULL::tid AS tid
		UNION ALL
		SELECT w.n + 1,
			CASE WHEN x.time > 0 THEN x.id ELSE (SELECT min(b COLLATE "C") FROM unnest(p_prefixes) p
				CROSS JOIN LATERAL (VALUES (p), (left(p, -1) || ';')) v (b) WHERE p <> '' AND b > x.id COLLATE "C") END,
			CASE WHEN x.ended_at < x.time THEN x.version WHEN x.time > 0 THEN 9007199254740992 ELSE 0 END,
			x.id, CASE WHEN x.ended_at < x.time THEN x.version ELSE 9007199254740992 END,
			CASE WHEN x.ended_at < x.time THEN x.tid END
		FROM walk w CROSS JOIN LATERAL (
			SELECT h.id, h.version, h.ended_at, h.ctid AS tid, coalesce((SELECT r.time
				FROM unnest(p_prefixes, p_times) WITH ORDINALITY r (prefix, time, n)
				WHERE starts_with(h.id, r.prefix) ORDER BY length(r.prefix) DESC, r.n DESC LIMIT 1), 0) AS time
			FROM history h WHERE (h.id, h.version) > (w.from_id, w.from_version) ORDER BY h.id, h.version LIMIT 1) x
		WHERE w.n < p_limit
	), gone AS (
		DELETE FROM history h WHERE h.ctid = ANY (ARRAY(SELECT tid FROM walk WHERE tid IS NOT NULL)) RETURNING 1
	)
	SELECT (SELECT count(*) FROM gone), n, id, version FROM walk ORDER BY n DESC LIMIT 1
$$;

-- Removes former versions as prune() does, if p_prefixes is not empty. Once that has ended:
-- the oldest tombstones from before p_before, with the former versions of their documents,
-- and the groups that are empty then. Looks at p_limit rows. If there may be `more`, `id` is
-- where to go on, or is empty: without prefixes.
CREATE OR REPLACE FUNCTION purge(p_before bigint, p_prefixes text[], p_times bigint[], p_id text, p_version bigint, p_limit bigint)
RETURNS TABLE (purged bigint, pruned bigint, more boolean, id text, version bigint) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	walked record;
	left_over bigint := p_limit;
	count_purged bigint := 0;
	count_pruned bigint := 0;
	count_of_deleted bigint;
	gids bigint[];
	tolls bigint[];
	newest bigint[];
BEGIN
	PERFORM take(ARRAY(SELECT l FROM generate_series(0, (SELECT lanes - 1 FROM meta)) l ORDER BY l));
	IF array_length(p_prefixes, 1) IS NOT NULL THEN
		SELECT * INTO walked FROM prune(p_prefixes, p_times, p_id, p_version, p_limit);
		IF walked.looked >= p_limit THEN
			RETURN QUERY SELECT 0::bigint, walked.pruned, true, walked.id, walked.version;
			RETURN;
		END IF;
		count_pruned := walked.pruned;
		left_over := p_limit - walked.looked;
	END IF;
	DELETE FROM history WHERE ctid = ANY (ARRAY(SELECT h.ctid
		FROM (SELECT id FROM doc WHERE deleted_at < p_before ORDER BY deleted_at, gid, seq LIMIT left_over) d
		JOIN history h ON h.id = d.id LIMIT left_over));
	GET DIAGNOSTICS count_of_deleted = ROW_COUNT;
	count_pruned := count_pruned + count_of_deleted;
	left_over := left_over - count_of_deleted;
	-- With fewer than that, none of these tombstones has former versions any more.
	WITH old AS (
		SELECT ctid FROM doc WHERE deleted_at < p_before ORDER BY deleted_at, gid, seq LIMIT left_over
	), gone AS (
		DELETE FROM doc WHERE ctid = ANY (ARRAY(SELECT ctid FROM old)) RETURNING gid, seq
	), by_lane AS (
		SELECT g.lane, count(*) AS toll, max(gone.seq) AS last FROM gone JOIN grp g USING (gid) GROUP BY g.lane
	)
	SELECT coalesce((SELECT sum(toll) FROM by_lane), 0), ARRAY(SELECT DISTINCT gid FROM gone),
		ARRAY(SELECT coalesce(toll, 0) FROM generate_series(0, (SELECT lanes - 1 FROM meta)) l LEFT JOIN by_lane ON lane = l ORDER BY l),
		ARRAY(SELECT coalesce(last, 0) FROM generate_series(0, (SELECT lanes - 1 FROM meta)) l LEFT JOIN by_lane ON lane = l ORDER BY l)
	INTO count_purged, gids, tolls, newest;
	WITH gone AS (
		DELETE FROM grp g WHERE g.gid = ANY (gids) AND NOT EXISTS (SELECT 1 FROM doc d WHERE d.gid = g.gid)
		RETURNING account
	)
	UPDATE account a SET groups = a.groups - x.n
	FROM (SELECT account, count(*) AS n FROM gone WHERE account <> 0 GROUP BY account) x WHERE a.account = x.account;
	INSERT INTO change (lane, entry, seq, documents, tombstones, horizon, groups, seqs)
	SELECT c.lane, c.entry + 1, c.seq, c.documents, c.tombstones - tolls[l + 1], greatest(c.horizon, newest[l + 1]),
		'{*}', ARRAY[c.seq]
	FROM generate_series(0, array_upper(tolls, 1) - 1) l
	CROSS JOIN LATERAL (SELECT * FROM change x WHERE x.lane = l ORDER BY x.entry DESC LIMIT 1) c
	WHERE tolls[l + 1] > 0;
	IF count_purged > 0 THEN
		PERFORM pg_notify('pocketbook', 'purge');
	END IF;
	-- A follower that is further behind asks about everything.
	DELETE FROM change c USING (SELECT lane, max(entry) AS entry FROM change GROUP BY lane) last
	WHERE c.lane = last.lane AND c.entry < last.entry - 1000000;
	RETURN QUERY SELECT count_purged, count_pruned, count_purged >= left_over, '', 0::bigint;
END $$;

-- The same for the daily purge of a host, piece by piece, of which one host does all,
-- until there is no more. The others find nothing to do. A session's lock ends with
-- its connection.
CREATE OR REPLACE FUNCTION purge_in_turn(p_before bigint, p_prefixes text[], p_times bigint[], p_id text, p_version bigint,
	p_limit bigint)
RETURNS TABLE (purged bigint, pruned bigint, more boolean, id text, version bigint) LANGUAGE plpgsql AS $$
DECLARE
	piece record;
BEGIN
	IF NOT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()
			AND classid = 7216171 AND objid = 98 AND objsubid = 2 AND granted)
		AND NOT pg_try_advisory_lock(7216171, 98) THEN
		RETURN QUERY SELECT 0::bigint, 0::bigint, false, '', 0::bigint;
		RETURN;
	END IF;
	SELECT * INTO piece FROM purge(p_before, p_prefixes, p_times, p_id, p_version, p_limit);
	IF NOT piece.more THEN
		PERFORM pg_advisory_unlock(7216171, 98);
	END IF;
	RETURN QUERY SELECT piece.purged, piece.pruned, piece.more, piece.id, piece.version;
END $$;

-- ---- Tokens ----

-- Appends a row that names tokens, in lane 0, which the caller has taken.
CREATE OR REPLACE FUNCTION token_note(p_ids text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO change (lane, entry, seq, documents, tombstones, horizon, groups, seqs, tokens)
	SELECT c.lane, c.entry + 1, c.seq, c.documents, c.tombstones, c.horizon, '{}', '{}', p_ids
	FROM change c WHERE c.lane = 0 ORDER BY c.entry DESC LIMIT 1;
	PERFORM pg_notify('pocketbook', 'token');
END $$;

-- The functions for tokens return 0 ok, 1 exists, 2 not found, 3 denied.
CREATE OR REPLACE FUNCTION token_add(p_id text, p_usr text, p_hash bytea, p_created bigint, p_expires bigint, p_grp text[], p_write boolean[],
	p_quota bigint[], p_note text)
RETURNS int LANGUAGE plpgsql AS $$
BEGIN
	PERFORM take('{0}');
	INSERT INTO token (id, usr, hash, created, expires, quota_bytes, quota_documents, quota_groups, quota_streams, quota_pushes,
		note)
	VALUES (p_id, p_usr, p_hash, p_created, p_expires, nullif(p_quota[1], 0), nullif(p_quota[2], 0), nullif(p_quota[3], 0),
		nullif(p_quota[4], 0), nullif(p_quota[5], 0), p_note)
	ON CONFLICT DO NOTHING;
	IF NOT FOUND THEN
		RETURN 1;
	END IF;
	INSERT INTO token_grant (token, n, grp, write)
	SELECT p_id, g.n - 1, g.grp, g.write FROM unnest(p_grp, p_write) WITH ORDINALITY AS g (grp, write, n);
	RETURN 0;
END $$;

-- Removes a token, so that no repetition of its join makes another one: of an invitation of
-- a second device that join is the only one. False: there is no such token.
CREATE OR REPLACE FUNCTION token_drop(p_id text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	the_token token;
BEGIN
	DELETE FROM token WHERE id = p_id RETURNING * INTO the_token;
	IF NOT FOUND THEN
		RETURN false;
	END IF;
	DELETE FROM token_grant WHERE token = p_id;
	INSERT INTO revoked_join (invite, retry, usr) SELECT the_token.invite, the_token.retry, the_token.usr
	WHERE the_token.retry IS NOT NULL AND EXISTS (SELECT 1 FROM invite i WHERE i.id = the_token.invite AND i.source = '')
	ON CONFLICT DO NOTHING;
	RETURN true;
END $$;

CREATE OR REPLACE FUNCTION token_revoke(p_id text) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
	PERFORM take('{0}');
	IF NOT token_drop(p_id) THEN
		RETURN 2;
	END IF;
	PERFORM token_note(ARRAY[p_id]);
	RETURN 0;
END $$;

-- struct store_request of store/store.h describes a rotation; p_expires -1: kept.
CREATE OR REPLACE FUNCTION token_rotate(p_old text, p_old_ends bigint, p_id text, p_hash bytea, p_created bigint, p_expires bigint)
RETURNS int LANGUAGE plpgsql AS $$
DECLARE
	old token;
	taken token;
BEGIN
	PERFORM take('{0}');
	SELECT * INTO taken FROM token WHERE id = p_id;
	IF FOUND THEN
		RETURN CASE WHEN taken.hash = p_hash THEN 0 ELSE 1 END;
	END IF;
	SELECT * INTO old FROM token WHERE id = p_old;
	IF NOT FOUND THEN
		RETURN 2;
	END IF;
	IF p_expires = -1 AND old.expires <> 0 AND old.expires <= p_created THEN
		RETURN 3;
	END IF;
	INSERT INTO token (id, usr, hash, created, expires, quota_bytes, quota_documents, quota_groups, quota_streams, quota_pushes,
		note, invite)
	VALUES (p_id, old.usr, p_hash, p_created, CASE WHEN p_expires = -1 THEN old.expires ELSE p_expires END,
		old.quota_bytes, old.quota_documents, old.quota_groups, old.quota_streams, old.quota_pushes, old.note, old.invite);
	INSERT INTO token_grant (token, n, grp, write) SELECT p_id, n, grp, write FROM token_grant WHERE token = p_old;
	IF p_old_ends <= p_created THEN
		PERFORM token_drop(p_old);
	ELSIF old.expires = 0 OR old.expires > p_old_ends THEN
		UPDATE token SET expires = p_old_ends WHERE id = p_old;
	END IF;
	PERFORM token_note(ARRAY[p_old]);
	RETURN 0;
END $$;

-- -2: that limit is kept; p_expires -1: kept; no groups: they are kept.
CREATE OR REPLACE FUNCTION token_set(p_id text, p_quota bigint[], p_expires bigint, p_grp text[], p_write boolean[],
	p_sets_note boolean, p_note text)
RETURNS int LANGUAGE plpgsql AS $$
BEGIN
	PERFORM take('{0}');
	UPDATE token SET
		quota_bytes = CASE p_quota[1] WHEN -2 THEN quota_bytes WHEN 0 THEN NULL ELSE p_quota[1] END,
		quota_documents = CASE p_quota[2] WHEN -2 THEN quota_documents WHEN 0 THEN NULL ELSE p_quota[2] END,
		quota_groups = CASE p_quota[3] WHEN -2 THEN quota_groups WHEN 0 THEN NULL ELSE p_quota[3] END,
		quota_streams = CASE p_quota[4] WHEN -2 THEN quota_streams WHEN 0 THEN NULL ELSE p_quota[4] END,
		quota_pushes = CASE p_quota[5] WHEN -2 THEN quota_pushes WHEN 0 THEN NULL ELSE p_quota[5] END,
		expires = CASE p_expires WHEN -1 THEN expires ELSE p_expires END,
		note = CASE WHEN p_sets_note THEN p_note ELSE note END
	WHERE id = p_id;
	IF NOT FOUND THEN
		RETURN 2;
	END IF;
	IF cardinality(p_grp) > 0 THEN
		DELETE FROM token_grant WHERE token = p_id;
		INSERT INTO token_grant (token, n, grp, write)
		SELECT p_id, g.n - 1, g.grp, g.write FROM unnest(p_grp, p_write) WITH ORDINALITY AS g (grp, write, n);
	END IF;
	PERFORM token_note(ARRAY[p_id]);
	RETURN 0;
END $$;

-- Notes that these tokens were used at p_now, if that is news. It waits for no lock.
CREATE OR REPLACE FUNCTION token_used(p_ids text[], p_now bigint, p_least bigint) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
	UPDATE token SET used = p_now WHERE id IN (SELECT t.id FROM token t WHERE t.id = ANY (p_ids)
		AND t.used <= p_now - p_least ORDER BY t.id FOR UPDATE SKIP LOCKED);
	RETURN 0;
END $$;

-- ---- Invitations ----

CREATE OR REPLACE FUNCTION invite_add(p_id text, p_hash bytea, p_note text, p_created bigint, p_expires bigint, p_uses bigint,
	p_grp text[], p_write boolean[])
RETURNS int LANGUAGE plpgsql AS $$
BEGIN
	PERFORM take('{0}');
	INSERT INTO invite (id, hash, source, note, created, expires, uses, used)
	VALUES (p_id, p_hash, '', p_note, p_created, p_expires, p_uses, 0) ON CONFLICT DO NOTHING;
	IF NOT FOUND THEN
		RETURN 1;
	END IF;
	INSERT INTO invite_grant (invite, n, grp, write)
	SELECT p_id, g.n - 1, g.grp, g.write FROM unnest(p_grp, p_write) WITH ORDINALITY AS g (grp, write, n);
	RETURN 0;
END $$;

CREATE OR REPLACE FUNCTION invite_remove(p_id text) RETURNS int LANGUAGE plpgsql AS $$
BEGIN
	PERFORM take('{0}');
	DELETE FROM invite WHERE id = p_id;
	IF NOT FOUND THEN
		RETURN 2;
	END IF;
	DELETE FROM invite_grant WHERE invite = p_id;
	DELETE FROM revoked_join WHERE invite = p_id;
	RETURN 0;
END $$;

-- For another device of a token, in place of one that waits.
CREATE OR REPLACE FUNCTION invite_device(p_source text, p_source_hash bytea, p_id text, p_hash bytea, p_note text, p_now bigint,
	p_expires bigint)
RETURNS int LANGUAGE plpgsql AS $$
BEGIN
	PERFORM take('{0}');
	IF NOT EXISTS (SELECT 1 FROM token WHERE id = p_source AND hash = p_source_hash AND (expires = 0 OR expires > p_now)) THEN
		RETURN 3;
	END IF;
	DELETE FROM invite WHERE source <> '' AND (source = p_source OR expires <= p_now);
	INSERT INTO invite (id, hash, source, note, created, expires, uses, used)
	VALUES (p_id, p_hash, p_source, p_note, p_now, p_expires, 1, 0) ON CONFLICT DO NOTHING;
	RETURN CASE WHEN FOUND THEN 0 ELSE 1 END;
END $$;

-- store/sqlite/invites.c decides the same. Returns 0 and the id of the new token; 1: that id
-- exists; 2 and the id of the token that a repeated join has made before; 10 and more: refused,
-- as in enum store_join.
CREATE OR REPLACE FUNCTION token_join(p_invite text, p_invite_hash bytea, p_id text, p_hash bytea, p_usr text, p_retry bytea, p_now bigint)
RETURNS TABLE (code int, id text) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
	the_invite invite;
	the_source token;
	repeated text;
BEGIN
	PERFORM take('{0}');
	id := p_id;
	SELECT * INTO the_invite FROM invite i WHERE i.id = p_invite AND i.hash = p_invite_hash;
	IF NOT FOUND THEN
		code := 10; RETURN NEXT; RETURN;
	END IF;
	SELECT t.id INTO repeated FROM token t WHERE t.retry = nullif(p_retry, '') AND t.invite = p_invite
		AND (p_usr = '' OR the_invite.source <> '' OR t.usr = p_usr) ORDER BY t.created DESC LIMIT 1;
	IF repeated IS NOT NULL THEN
		code := 2; id := repeated; RETURN NEXT; RETURN;
	END IF;
	code := CASE WHEN EXISTS (SELECT 1 FROM revoked_join r WHERE r.invite = p_invite AND r.retry = nullif(p_retry, '')
			AND (p_usr = '' OR r.usr = p_usr)) THEN 12
		WHEN the_invite.expires <= p_now THEN 11 WHEN the_invite.used >= the_invite.uses THEN 12
		WHEN the_invite.source <> '' THEN 0 WHEN p_usr = '' THEN 13
		WHEN EXISTS (SELECT 1 FROM token t WHERE t.usr = p_usr) THEN 14 ELSE 0 END;
	IF code = 0 AND the_invite.source <> '' THEN
		SELECT * INTO the_source FROM token t WHERE t.id = the_invite.source AND (t.expires = 0 OR t.expires > p_now);
		-- The rights of an administrator are given by administrators only.
		code := CASE WHEN FOUND AND EXISTS (SELECT 1 FROM token_grant g WHERE g.token = the_invite.source
			AND g.grp <> 'pocketbook-admin:') THEN 0 ELSE 10 END;
	END IF;
	IF code = 0 AND EXISTS (SELECT 1 FROM token t WHERE t.id = p_id) THEN
		code := 1;
	END IF;
	IF code <> 0 THEN
		RETURN NEXT; RETURN;
	END IF;
	INSERT INTO token (id, usr, hash, created, expires, quota_bytes, quota_documents, quota_groups, quota_streams, quota_pushes,
		note, invite, retry)
	VALUES (p_id, coalesce(the_source.usr, p_usr), p_hash, p_now, coalesce(the_source.expires, 0), the_source.quota_bytes,
		the_source.quota_documents, the_source.quota_groups, the_source.quota_streams, the_source.quota_pushes,
		the_invite.note, p_invite, nullif(p_retry, ''));
	INSERT INTO token_grant (token, n, grp, write) SELECT p_id, g.n, g.grp, g.write FROM invite_grant g WHERE g.invite = p_invite
		UNION ALL SELECT p_id, g.n, g.grp, g.write FROM token_grant g WHERE the_invite.source <> '' AND g.token = the_invite.source
			AND g.grp <> 'pocketbook-admin:';
	UPDATE invite i SET used = i.used + 1 WHERE i.id = p_invite;
	RETURN NEXT;
END $$;

-- ---- Pulls ----

-- One page, of one snapshot, as the function is STABLE. The first row is the state of the
-- database: a the head, b the epoch, c the horizon, d where the page begins, flag whether
-- the numbers of the cursor's epoch are those of the current one. Then the documents: a
-- sequence number, b version, flag deleted. Then, with c = 1, the first document that did
-- not fit. rules_pull_begin() of store/rules.c decides where a page begins; the caller
-- compares.
CREATE OR REPLACE FUNCTION pull(p_lane int, p_group text, p_epoch bigint, p_seq bigint, p_start bigint, p_bound bigint,
	p_limit bigint, p_bytes bigint)
RETURNS TABLE (a bigint, b bigint, c bigint, d bigint, flag boolean, plain boolean, id text, value text)
LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
DECLARE
	current_epoch bigint := epoch_now();
	head bigint;
	horizon bigint;
	follows boolean;
	from_seq bigint := 0;
	hide bigint;
BEGIN
	SELECT x.seq, x.horizon INTO head, horizon FROM change x WHERE x.lane = p_lane ORDER BY x.entry DESC LIMIT 1;
	follows := p_epoch = current_epoch
		OR (p_epoch <> 0 AND epoch_follows(p_lane, p_epoch, CASE WHEN p_bound = 0 THEN p_seq ELSE p_bound END));
	hide := head;
	IF p_epoch <> 0 AND follows AND ((p_bound = 0 AND p_seq >= horizon AND p_seq <= head)
		OR (p_bound <> 0 AND p_start > 0 AND p_start <= p_bound AND p_seq < p_bound AND p_bound <= head)) THEN
		from_seq := p_seq;
		hide := p_start;
	END IF;
	a := head; b := current_epoch; c := horizon; d := from_seq; flag := follows;
	RETURN NEXT;
	RETURN QUERY
	WITH run AS (
		-- The groups that the page may show: each has a document in it.
		SELECT g.gid, first.seq FROM grp g
		CROSS JOIN LATERAL (SELECT x.seq FROM doc x WHERE x.gid = g.gid AND x.seq > from_seq
			AND (x.deleted_at IS NULL OR x.seq > hide) ORDER BY x.seq LIMIT 1) first
		WHERE g.name = p_group OR (g.name >= p_group || ':' AND g.name < p_group || ';')
		ORDER BY first.seq LIMIT p_limit + 1
	), candidate AS (
		SELECT x.* FROM run
		CROSS JOIN LATERAL (SELECT y.* FROM doc y WHERE y.gid = run.gid AND y.seq >= run.seq
			AND (y.deleted_at IS NULL OR y.seq > hide) ORDER BY y.seq LIMIT p_limit + 1) x
		ORDER BY x.seq LIMIT p_limit + 1
	), measured AS (
		SELECT x.*, row_number() OVER w <= p_limit AND coalesce(sum(octet_length(x.value)) OVER
			(ORDER BY x.seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) <= p_bytes AS fits
		FROM candidate x WINDOW w AS (ORDER BY x.seq)
	), shown AS (
		SELECT m.*, lag(m.fits, 1, true) OVER (ORDER BY m.seq) AS is_shown FROM measured m
	)
	SELECT s.seq, s.version, CASE WHEN s.fits THEN 0 ELSE 1 END::bigint, 0::bigint, s.deleted_at IS NOT NULL, s.plain,
		s.id, CASE WHEN s.fits THEN s.value END
	FROM shown s WHERE s.is_shown ORDER BY s.seq;
END $$;

-- The newest number of a group and those nested in it, or the horizon if that is newer.
CREATE OR REPLACE FUNCTION latest(p_lane int, p_group text) RETURNS TABLE (epoch bigint, seq bigint) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY SELECT epoch_now(), greatest(
		(SELECT x.horizon FROM change x WHERE x.lane = p_lane ORDER BY x.entry DESC LIMIT 1),
		(SELECT max(last.seq) FROM grp g
		CROSS JOIN LATERAL (SELECT x.seq FROM doc x WHERE x.gid = g.gid ORDER BY x.seq DESC LIMIT 1) last
		WHERE g.name = p_group OR (g.name >= p_group || ':' AND g.name < p_group || ';')));
END $$;

-- The state of the database: of several lanes the newest head and horizon, and the sums.
CREATE OR REPLACE FUNCTION state() RETURNS TABLE (epoch bigint, head bigint, horizon bigint, documents bigint, tombstones bigint)
LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY SELECT epoch_now(), max(c.seq), max(c.horizon), sum(c.documents)::bigint, sum(c.tombstones)::bigint
	FROM generate_series(0, (SELECT lanes - 1 FROM meta)) l
	CROSS JOIN LATERAL (SELECT * FROM change x WHERE x.lane = l ORDER BY x.entry DESC LIMIT 1) c;
END $$;
