# Documents and tokens. The door knows no back end: each is an archive of its own, which
# a program hands to it (store_add_backend).
noinst_LIBRARIES += libstore.a libstore_sqlite.a
libstore_a_SOURCES = \
	%D%/audit.c %D%/audit.h \
	%D%/audit_file.c \
	%D%/backend.h \
	%D%/check_value.c %D%/check_value.h \
	%D%/cursor.c %D%/cursor.h \
	%D%/db_url.c %D%/db_url.h \
	%D%/doc.c \
	%D%/docid.c %D%/docid.h \
	%D%/history.c %D%/history.h \
	%D%/lane.c %D%/lane.h \
	%D%/later.h \
	%D%/position.c %D%/position.h \
	%D%/record.c %D%/record.h \
	%D%/request.h \
	%D%/rules.c %D%/rules.h \
	%D%/store.c %D%/store.h \
	%D%/store_admin.c %D%/store_admin.h \
	%D%/token.h \
	%D%/transfer.c %D%/transfer.h \
	%D%/wire.c %D%/wire.h \
	%D%/wire_access.c \
	%D%/wire_reply.c \
	%D%/wire_request.c \
	%D%/wire_token.c
if FAULTS
libstore_a_SOURCES += %D%/later.c %D%/later_operation.c %D%/later_operation.h
endif
EXTRA_DIST += %D%/later.c %D%/later_operation.c %D%/later_operation.h

libstore_sqlite_a_SOURCES = \
	%D%/sqlite/all_groups.c %D%/sqlite/all_groups.h \
	%D%/sqlite/ancestors.c %D%/sqlite/ancestors.h \
	%D%/sqlite/backend.c %D%/sqlite/backend.h \
	%D%/sqlite/check.c \
	%D%/sqlite/checksum.c %D%/sqlite/checksum.h \
	%D%/sqlite/commit.c \
	%D%/sqlite/copy.c \
	%D%/sqlite/dump.c %D%/sqlite/dump.h \
	%D%/sqlite/fault_vfs.c %D%/sqlite/fault_vfs.h \
	%D%/sqlite/fd_vfs.c %D%/sqlite/fd_vfs.h \
	%D%/sqlite/files.c %D%/sqlite/files.h \
	%D%/sqlite/history.c %D%/sqlite/history.h \
	%D%/sqlite/insert.c %D%/sqlite/insert.h \
	%D%/sqlite/invites.c %D%/sqlite/invites.h \
	%D%/sqlite/load.c \
	%D%/sqlite/log_owner.c %D%/sqlite/log_owner.h \
	%D%/sqlite/open.c %D%/sqlite/open.h \
	%D%/sqlite/operations.h \
	%D%/sqlite/payers.c %D%/sqlite/payers.h \
	%D%/sqlite/prune.c %D%/sqlite/prune.h \
	%D%/sqlite/purge.c %D%/sqlite/purge.h \
	%D%/sqlite/push.c %D%/sqlite/push.h \
	%D%/sqlite/quota.c %D%/sqlite/quota.h \
	%D%/sqlite/read.c \
	%D%/sqlite/readonly_vfs.c %D%/sqlite/readonly_vfs.h \
	%D%/sqlite/row.c %D%/sqlite/row.h \
	%D%/sqlite/scan.c \
	%D%/sqlite/schema.c %D%/sqlite/schema.h \
	%D%/sqlite/schema_compare.c \
	%D%/sqlite/statements.c %D%/sqlite/statements.h \
	%D%/sqlite/stats.c %D%/sqlite/stats.h \
	%D%/sqlite/tokens.c %D%/sqlite/tokens.h \
	%D%/sqlite/transaction.c %D%/sqlite/transaction.h \
	%D%/sqlite/users.c \
	%D%/sqlite/wal.c %D%/sqlite/wal.h \
	%D%/sqlite/wal_index.c

# The PostgreSQL back end, for --with-postgresql. The build makes texts of its files of
# SQL. A migration is appended to these, with the next number; a released one is never
# changed.
postgres_migrations = \
	%D%/postgres/migration-1.sql \
	%D%/postgres/migration-2.sql \
	%D%/postgres/migration-3.sql \
	%D%/postgres/migration-4.sql \
	%D%/postgres/migration-5.sql \
	%D%/postgres/migration-6.sql \
	%D%/postgres/migration-7.sql
postgres_functions = %D%/postgres/functions.sql
EXTRA_DIST += $(postgres_migrations) $(postgres_functions)
postgres_libs =
if POSTGRESQL
noinst_LIBRARIES += libstore_postgres.a
postgres_libs += libstore_postgres.a
endif
libstore_postgres_a_SOURCES = \
	%D%/postgres/backend.c %D%/postgres/backend.h \
	%D%/postgres/check.c \
	%D%/postgres/commit.c %D%/postgres/commit.h \
	%D%/postgres/conninfo.c %D%/postgres/conninfo.h \
	%D%/postgres/copy_rows.c %D%/postgres/copy_rows.h \
	%D%/postgres/dump.c %D%/postgres/dump.h \
	%D%/postgres/follow.c \
	%D%/postgres/heads.c %D%/postgres/heads.h \
	%D%/postgres/invites.c \
	%D%/postgres/needs.c %D%/postgres/needs.h \
	%D%/postgres/libpq.c %D%/postgres/libpq.h \
	%D%/postgres/load.c \
	%D%/postgres/lanes.c \
	%D%/postgres/line.c %D%/postgres/line.h \
	%D%/postgres/migrate.c %D%/postgres/migrate.h \
	%D%/postgres/open.c \
	%D%/postgres/operations.h \
	%D%/postgres/order.c \
	%D%/postgres/parts.c \
	%D%/postgres/params.c %D%/postgres/params.h \
	%D%/postgres/pending.c %D%/postgres/pending.h \
	%D%/postgres/pull.c \
	%D%/postgres/pull_all.c %D%/postgres/pull_all.h \
	%D%/postgres/push.c \
	%D%/postgres/push_params.c \
	%D%/postgres/read.c \
	%D%/postgres/replica.c %D%/postgres/replica.h \
	%D%/postgres/result.c %D%/postgres/result.h \
	%D%/postgres/round_ids.c \
	%D%/postgres/schema.c %D%/postgres/schema.h \
	%D%/postgres/single.c \
	%D%/postgres/stats.c \
	%D%/postgres/users.c \
	%D%/postgres/tokens.c \
	%D%/postgres/whole.c %D%/postgres/whole.h
nodist_libstore_postgres_a_SOURCES = %D%/postgres/schema_sql.c
%D%/postgres/schema_sql.c: $(postgres_migrations) $(postgres_functions)
	$(AM_V_GEN)$(MKDIR_P) %D%/postgres && { \
		text() { $(SED) -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/^/"/' -e 's/$$/\\n"/' "$(srcdir)/$$1"; }; \
		echo '#include "store/postgres/migrate.h"'; \
		echo '#include "base/array.h"'; \
		echo 'const char *const postgres_migrations[] = {'; \
		for file in $(postgres_migrations); do text "$$file" && echo ','; done; \
		echo '};'; \
		echo 'const int postgres_migration_count = COUNT(postgres_migrations);'; \
		echo 'const char postgres_functions[] ='; \
		text $(postgres_functions); \
		echo ';'; \
		echo "const char postgres_functions_sum[] = \"`cksum <$(srcdir)/$(postgres_functions)`\";"; \
	} >$@.new && mv $@.new $@
CLEANFILES += %D%/postgres/schema_sql.c
