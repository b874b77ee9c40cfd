# Documents and tokens. The door knows no back end: each is an archive of its own, which
# a program hands to it (store_add_backend).
noinst_LIBRARIES += libstore.a libstore_sqlite.a
libstore_a_SOURCES = \
	%D%/backend.h \
	%D%/cursor.c \
	%D%/db_url.c %D%/db_url.h \
	%D%/doc.c \
	%D%/docid.c %D%/docid.h \
	%D%/later.h \
	%D%/rules.c %D%/rules.h \
	%D%/store.c %D%/store.h \
	%D%/store_admin.c %D%/store_admin.h \
	%D%/wire.c
if FAULTS
libstore_a_SOURCES += %D%/later.c %D%/later_operation.c %D%/later_operation.h
endif
EXTRA_DIST += %D%/later.c %D%/later_operation.c %D%/later_operation.h

libstore_sqlite_a_SOURCES = \
	%D%/sqlite/ancestors.c %D%/sqlite/ancestors.h \
	%D%/sqlite/backend.c %D%/sqlite/backend.h \
	%D%/sqlite/check.c \
	%D%/sqlite/commit.c \
	%D%/sqlite/copy.c \
	%D%/sqlite/fault_vfs.c %D%/sqlite/fault_vfs.h \
	%D%/sqlite/fd_vfs.c %D%/sqlite/fd_vfs.h \
	%D%/sqlite/files.c %D%/sqlite/files.h \
	%D%/sqlite/log_owner.c %D%/sqlite/log_owner.h \
	%D%/sqlite/open.c %D%/sqlite/open.h \
	%D%/sqlite/operations.h \
	%D%/sqlite/purge.c %D%/sqlite/purge.h \
	%D%/sqlite/push.c %D%/sqlite/push.h \
	%D%/sqlite/quota.c %D%/sqlite/quota.h \
	%D%/sqlite/read.c \
	%D%/sqlite/readonly_vfs.c %D%/sqlite/readonly_vfs.h \
	%D%/sqlite/scan.c \
	%D%/sqlite/schema.c %D%/sqlite/schema.h \
	%D%/sqlite/schema_compare.c \
	%D%/sqlite/statements.c %D%/sqlite/statements.h \
	%D%/sqlite/stats.c %D%/sqlite/stats.h \
	%D%/sqlite/tokens.c %D%/sqlite/tokens.h \
	%D%/sqlite/transaction.c %D%/sqlite/transaction.h \
	%D%/sqlite/wal.c %D%/sqlite/wal.h
