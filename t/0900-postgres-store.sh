#!/usr/bin/env bash
# The module tests of the store with PostgreSQL in place of a file, by a role without
# privileges.
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/postgres.sh"
[ -x "${BUILD:-}/t/unit/test_postgres" ] || skip_all "the module tests are not built"

pg_make one
pg_start one
pg_app one
POCKETBOOK_TEST_DB=$(pg_url one)
POCKETBOOK_TEST_SUPERUSER="postgresql://pb@/app?host=$work/pg/one.s"
export POCKETBOOK_TEST_DB POCKETBOOK_TEST_SUPERUSER

for test in test_postgres test_postgres_all test_postgres_compare test_postgres_follow test_postgres_lanes test_store test_store_history \
	test_store_invite test_store_model test_store_pull test_store_quota test_store_stats test_store_token test_store_whole; do
	"$BUILD/t/unit/$test" >"$work/$test.log" 2>&1
	status=$?
	ok $status "$test"
	[ $status = 0 ] || sed 's/^/# /' "$work/$test.log"
done
pg_end one INT
finish
